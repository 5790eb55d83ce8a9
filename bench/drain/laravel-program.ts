import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Commands, offer } from '../../harness/rpc.ts'

/**
 * The Laravel of a drain, a process of its own: it takes messages over HTTP, is away when it is told to, refuses the chats that are
 * poisoned, and remembers whether each chat came in its order.
 */

export interface Taken {
  requests: number
  /** Distinct messages of chats that are not poisoned. */
  accepted: number
  /** Messages that came before an earlier one of their chat. */
  disordered: number
  duplicates: number
}

let away = false
let answerAfterMs = 0
const last = new Map<string, number>()
const taken: Taken = { requests: 0, accepted: 0, disordered: 0, duplicates: 0 }

function take(body: { chat_id: string; message_id: string }): number {
  taken.requests++
  if (away) return 503
  if (body.chat_id.startsWith('poison')) return 500
  const seq = Number(body.message_id.slice(1))
  const before = last.get(body.chat_id) ?? 0
  if (seq === before) taken.duplicates++
  else if (seq < before) taken.disordered++
  else {
    last.set(body.chat_id, seq)
    taken.accepted++
  }
  return 200
}

const server = createServer(async (request, response) => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  const status = take(JSON.parse(Buffer.concat(parts).toString('utf8')))
  setTimeout(() => response.writeHead(status, { 'content-length': 2 }).end('{}'), answerAfterMs)
})

const commands = {
  async listen(afterMs: number): Promise<string> {
    answerAfterMs = afterMs
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`
  },
  setAway(value: boolean): void {
    away = value
  },
  taken: (): Taken => ({ ...taken }),
} satisfies Commands

export type LaravelCommands = typeof commands

offer(commands)
