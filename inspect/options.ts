import { parseArgs } from 'node:util'

export const VIEWER = 'https://stately.ai/inspect'

/** What is wrong with how it was called, or with what it found: one sentence that says what to do. */
export class InspectError extends Error {
  override readonly name = 'InspectError'
}

export interface InspectOptions {
  /** Of the stream, `ws://…/inspect`. */
  stream: URL
  /** The manager's address without secrets, to be printed. */
  manager: string
  key: string | null
  /** Those to be shown; none for the supervisor and all that fit. */
  sessions: string[]
  /** In the terminal, in the hosted viewer, or through a relay (its address). */
  to:
    | { kind: 'print' }
    | { kind: 'viewer'; url: URL; port: number; opens: boolean }
    | { kind: 'relay'; url: URL }
}

export const USAGE = `npm run inspect                          the supervisor and the sessions, in Stately's inspector
npm run inspect -- --session shop,bar    only these
npm run inspect -- --print               in the terminal: needs no browser and no internet
npm run inspect -- --relay ws://127.0.0.1:8080    through the relay of @statelyai/inspect/server

  --url http://127.0.0.1:3000   the manager; else HOST and PORT of .env
  --key KEY                     one of API_KEYS, one for reading suffices; else the first that fits in .env
  --port 0                      of the page that carries the stream to the inspector; 0 picks a free one
  --viewer ${VIEWER}   the inspector's page
  --no-open                     opens no browser
`

/** Reads the command line and what .env says of the manager. Throws InspectError. */
export function readOptions(argv: string[], env: Record<string, string | undefined>): InspectOptions {
  const { values } = parse(argv)
  const manager = addressOf(values.url ?? `http://${hostOf(env.HOST)}:${env.PORT || 3000}`, [
    'http:',
    'https:',
  ])
  const key = values.key ?? (decodeURIComponent(manager.password || manager.username) || keyIn(env.API_KEYS))
  manager.username = ''
  manager.password = ''
  const sessions = (values.session ?? []).flatMap(text => text.split(',')).filter(text => text !== '')
  const stream = new URL(`${manager.href.replace(/\/$/, '')}/inspect`)
  stream.protocol = manager.protocol === 'https:' ? 'wss:' : 'ws:'
  if (sessions.length > 0) stream.searchParams.set('session_id', sessions.join(','))
  if (values.print && values.relay !== undefined)
    throw new InspectError('--print and --relay are two ways: give one of them.')
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InspectError('--port is a number up to 65535.')
  return { stream, manager: manager.href.replace(/\/$/, ''), key, sessions, to: wayOf(values, port) }
}

function wayOf(values: ReturnType<typeof parse>['values'], port: number): InspectOptions['to'] {
  if (values.print) return { kind: 'print' }
  if (values.relay !== undefined) return { kind: 'relay', url: addressOf(values.relay, ['ws:', 'wss:']) }
  const url = addressOf(values.viewer, ['http:', 'https:'])
  return { kind: 'viewer', url, port, opens: !values['no-open'] }
}

function parse(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      options: {
        session: { type: 'string', multiple: true },
        url: { type: 'string' },
        key: { type: 'string' },
        print: { type: 'boolean', default: false },
        relay: { type: 'string' },
        port: { type: 'string', default: '0' },
        viewer: { type: 'string', default: VIEWER },
        'no-open': { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    throw new InspectError(`${(error as Error).message.split('. ')[0]}.\n\n${USAGE}`)
  }
}

function addressOf(text: string, protocols: string[]): URL {
  const url = URL.parse(text)
  if (url === null || !protocols.includes(url.protocol))
    throw new InspectError(`${text} is no address: it begins with ${protocols.join('// or ')}//.`)
  return url
}

/** An address to listen on is not always one to be called. */
function hostOf(host: string | undefined): string {
  if (!host || host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}

/** One that may only read if there is one: it suffices. */
function keyIn(apiKeys = ''): string | null {
  const keys = apiKeys
    .split(',')
    .map(key => key.trim())
    .filter(key => key !== '')
  const reading = keys.find(key => key.endsWith(':read'))
  return reading?.replace(/:read$/, '') ?? keys[0] ?? null
}
