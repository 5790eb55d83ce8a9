import type { Target } from './routes.ts'

/** Bytes for a connection of their own. */
export interface HostileRequest {
  bytes: Buffer
  /** It is one request of HTTP, whatever it asks: it has one answer, after which the connection ends. */
  whole: boolean
  /** Its answer must be a refusal. */
  refused: boolean
}

/** A session that is not there. */
export const NOBODY = 'nobody-here'

export const refused = (made: Buffer): HostileRequest => ({ bytes: made, whole: true, refused: true })

/** A request as HTTP has it, which asks that the connection ends. */
export function request(
  target: Target,
  id: string,
  key: string,
  body?: string | Buffer,
  headers = ['Content-Type: application/json'],
): Buffer {
  const path = target.route.replace(':id', id).replace(/:\w+/g, 'none')
  const lines = [
    `${target.method} ${path} HTTP/1.1`,
    'Host: localhost',
    'Connection: close',
    `Authorization: Bearer ${key}`,
    ...headers,
  ]
  const sent = Buffer.from(body ?? '')
  if (body !== undefined) lines.push(`Content-Length: ${sent.length}`)
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), sent])
}
