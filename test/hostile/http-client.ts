import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { HostileRequest } from './request-bytes.ts'

export interface RawAnswer {
  status: number
  headers: string
  body: Buffer
}

/** After this time without a word a client that is at the end of its bytes hangs up. */
const QUIET_MS = 40

/** An answer without an end. */
const STREAM = /^HTTP\/1\.1 200 [\s\S]*\r\ncontent-type: text\/event-stream/i

/** Sends the bytes on a connection of their own, and gives all answers that came until its end. */
export async function ask(port: number, { bytes, whole }: HostileRequest): Promise<RawAnswer[]> {
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', chunk => {
    chunks.push(chunk)
    if (STREAM.test(chunk.toString('latin1'))) socket.destroy()
  })
  // A server may hang up before it has read all.
  socket.on('error', () => {})
  socket.write(bytes)
  if (!whole) socket.setTimeout(QUIET_MS, () => socket.end())
  const guard = setTimeout(() => socket.destroy(new Error('no end')), 10_000)
  await new Promise(resolve => socket.once('close', resolve))
  clearTimeout(guard)
  return answersIn(Buffer.concat(chunks), bytes.toString('latin1', 0, 5) === 'HEAD ')
}

/** The connection, and when the server ended it, in ms from now. */
export function leftOpen(port: number): { socket: Socket; ended: Promise<number> } {
  const socket = connect(port, '127.0.0.1')
  const from = performance.now()
  socket.on('error', () => {})
  return { socket, ended: once(socket, 'close').then(() => performance.now() - from) }
}

function answersIn(received: Buffer, withoutBody: boolean): RawAnswer[] {
  const answers: RawAnswer[] = []
  let rest = received
  while (rest.length > 0) {
    const end = rest.indexOf('\r\n\r\n')
    const headers = rest.toString('latin1', 0, end)
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(headers)?.[1])
    if (end === -1 || Number.isNaN(status))
      throw new Error(`no answer of HTTP: ${rest.toString('latin1', 0, 200)}`)
    rest = rest.subarray(end + 4)
    const length =
      withoutBody || status === 204 || status === 304
        ? 0
        : STREAM.test(headers)
          ? rest.length
          : Number(/\r\ncontent-length: (\d+)/i.exec(headers)?.[1])
    if (Number.isNaN(length)) throw new Error(`an answer without a length: ${headers}`)
    answers.push({ status, headers, body: rest.subarray(0, length) })
    rest = rest.subarray(length)
  }
  return answers
}
