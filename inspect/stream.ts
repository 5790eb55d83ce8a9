import { WebSocket } from 'ws'
import { InspectError, type InspectOptions } from './options.ts'

type Source = Pick<InspectOptions, 'stream' | 'manager' | 'key' | 'sessions'>

export interface Listener {
  /** The manager shows what runs from now on. */
  opened?(): void
  /** One message of `@statelyai/inspect`, as JSON. */
  told(message: string): void
  /** It shows nothing any more. */
  ended(): void
}

/** Opens the manager's stream; gives how to end it. Rejects with InspectError if the manager does not show anything. */
export async function openStream(source: Source, listener: Listener): Promise<() => void> {
  const { stream, key } = source
  const socket = new WebSocket(stream, {
    headers: key === null ? {} : { 'x-api-key': key },
    perMessageDeflate: false,
    handshakeTimeout: 10_000,
  })
  socket.on('message', text => listener.told(String(text)))
  await new Promise<void>((resolve, reject) => {
    // The first messages may have come with the answer: they are told in the same turn.
    socket.on('open', () => {
      listener.opened?.()
      socket.on('close', () => listener.ended())
      resolve()
    })
    socket.on('error', error => reject(new InspectError(sentenceOf(source, error))))
    socket.on('unexpected-response', (request, { statusCode }) => {
      request.destroy()
      reject(new InspectError(refusalOf(source, statusCode ?? 0)))
    })
  })
  return () => socket.close()
}

function refusalOf({ manager, key, sessions }: Source, status: number): string {
  if (status === 401 && key === null)
    return `${manager} wants a key: give one of its API_KEYS with --key, or run this where its .env is.`
  if (status === 401) return `${manager} does not know this key: give one of its API_KEYS with --key.`
  if (status === 404 && sessions.length > 0)
    return `There is no session ${sessions.join(' or ')} at ${manager}: GET /sessions lists those that are there.`
  if (status === 422)
    return 'A session is called by 1 to 64 letters, digits, _ or -, and at most 50 can be named.'
  if (status === 503) return `${manager} is shutting down: try again in a moment.`
  return `${manager} answers ${status} in place of a stream: is it a whatsapp-manager that has GET /inspect?`
}

function sentenceOf({ manager }: Source, error: NodeJS.ErrnoException): string {
  const why = error.code ?? error.message
  return `Nothing answers at ${manager} (${why}): start the manager with npm start, or give its address with --url.`
}
