import { command, type Values } from '../command-line/command.ts'
import { flag, text, textOr, texts, wholeNumber } from '../command-line/options.ts'

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

export const INSPECT = command({
  run: 'npm run inspect',
  does: "The machines of a manager at work, its supervisor and its sessions, in Stately's inspector or in the terminal.",
  options: {
    session: texts('ID', 'only these'),
    print: flag('in the terminal: needs no browser and no internet'),
    relay: text('URL', 'through the relay of @statelyai/inspect/server, ws://127.0.0.1:8080'),
    url: text('URL', 'the manager; HOST and PORT of .env unless given'),
    key: text('KEY', 'one of API_KEYS, one for reading suffices; the first that fits in .env unless given'),
    port: wholeNumber('of the page that carries the stream to the inspector; 0 picks a free one', {
      ...{ default: 0, least: 0, most: 65_535 },
    }),
    viewer: textOr('URL', VIEWER, "the inspector's page"),
    'no-open': flag('opens no browser'),
  },
  examples: [
    ['', 'the supervisor and up to 50 sessions, in a browser'],
    ['--session shop,bar', 'only these'],
    ['--print', 'in the terminal'],
    ['--url http://10.0.0.5:3000 --key KEY', 'a manager elsewhere'],
  ],
})

type Given = Values<typeof INSPECT>

/** What was asked for, with what .env says of the manager. Throws InspectError. */
export function readOptions(values: Given, env: Record<string, string | undefined>): InspectOptions {
  const manager = addressOf(values.url ?? `http://${hostOf(env.HOST)}:${env.PORT || 3000}`, [
    'http:',
    'https:',
  ])
  const key = values.key ?? (decodeURIComponent(manager.password || manager.username) || keyIn(env.API_KEYS))
  manager.username = ''
  manager.password = ''
  const { session: sessions, port } = values
  const stream = new URL(`${manager.href.replace(/\/$/, '')}/inspect`)
  stream.protocol = manager.protocol === 'https:' ? 'wss:' : 'ws:'
  if (sessions.length > 0) stream.searchParams.set('session_id', sessions.join(','))
  if (values.print && values.relay !== undefined)
    throw new InspectError('--print and --relay are two ways: give one of them.')
  return { stream, manager: manager.href.replace(/\/$/, ''), key, sessions, to: wayOf(values, port) }
}

function wayOf(values: Given, port: number): InspectOptions['to'] {
  if (values.print) return { kind: 'print' }
  if (values.relay !== undefined) return { kind: 'relay', url: addressOf(values.relay, ['ws:', 'wss:']) }
  const url = addressOf(values.viewer, ['http:', 'https:'])
  return { kind: 'viewer', url, port, opens: !values['no-open'] }
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
