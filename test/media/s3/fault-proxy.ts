import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as later } from 'node:timers/promises'

/** What goes wrong with requests that `on` picks, `times` times (always, if it is not said). */
export interface Fault {
  on(asked: { method: string; url: string }): boolean
  times?: number
  kind:
    | { answer: number; code: string }
    /** After so many bytes of the request's body the connection is cut. */
    | { cutUploadAfter: number }
    /** After so many bytes of the answer's body. */
    | { cutDownloadAfter: number }
    /** The answer has the announced length, and one other byte. */
    | 'flip'
    /** Nothing is answered. */
    | 'silence'
    /** So long before each piece of the answer, in ms. */
    | { slow: number }
}

/** Stands between a client and an S3 server, and does what can go wrong between them. */
export async function createFaultProxy(target: () => number) {
  const faults: Fault[] = []
  const asked: string[] = []
  const server = createServer((incoming, outgoing) => {
    const { method = '', url = '' } = incoming
    asked.push(`${method} ${url}`)
    const fault = faults.find(one => one.on({ method, url }) && (one.times ?? 1) > 0)
    if (fault?.times !== undefined) fault.times--
    pass(incoming, outgoing, fault?.kind ?? null, target())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Methods and paths, as they came. */
    asked,
    add: (fault: Fault) => void faults.push(fault),
    heal: () => void faults.splice(0),
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

export type FaultProxy = Awaited<ReturnType<typeof createFaultProxy>>

function pass(incoming: IncomingMessage, outgoing: ServerResponse, kind: Fault['kind'] | null, port: number) {
  incoming.on('error', () => {})
  outgoing.on('error', () => {})
  if (kind === 'silence') return void incoming.resume()
  if (typeof kind === 'object' && kind !== null && 'answer' in kind) {
    incoming.resume()
    const message = `<?xml version="1.0"?><Error><Code>${kind.code}</Code><Message>no</Message></Error>`
    return void outgoing.writeHead(kind.answer, { 'content-type': 'application/xml' }).end(message)
  }
  const { method, url, headers } = incoming
  const onward = request({ host: '127.0.0.1', port, method, path: url, headers, agent: false })
  onward.on('error', () => outgoing.destroy())
  outgoing.on('close', () => onward.destroy())
  let sent = 0
  incoming.on('data', (piece: Buffer) => {
    sent += piece.length
    if (typeof kind === 'object' && kind !== null && 'cutUploadAfter' in kind && sent > kind.cutUploadAfter) {
      onward.destroy()
      return void incoming.destroy()
    }
    onward.write(piece)
  })
  incoming.on('end', () => onward.end())
  onward.on('response', answer => void answerWith(answer, outgoing, kind))
}

async function answerWith(answer: IncomingMessage, outgoing: ServerResponse, kind: Fault['kind'] | null) {
  outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
  let given = 0
  try {
    for await (const piece of answer as AsyncIterable<Buffer>) {
      if (kind === 'flip' && given === 0) piece.writeUInt8(piece.readUInt8(0) ^ 1)
      if (typeof kind === 'object' && kind !== null && 'slow' in kind) await later(kind.slow)
      if (typeof kind === 'object' && kind !== null && 'cutDownloadAfter' in kind) {
        const left = kind.cutDownloadAfter - given
        if (piece.length > left) {
          outgoing.write(piece.subarray(0, left))
          await later(20)
          return void outgoing.destroy()
        }
      }
      given += piece.length
      outgoing.write(piece)
    }
    outgoing.end()
  } catch {
    outgoing.destroy()
  }
}
