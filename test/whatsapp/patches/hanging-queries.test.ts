import { setTimeout as sleep } from 'node:timers/promises'
import type { WASocket } from '@whiskeysockets/baileys'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { failQueries } from '../../../src/whatsapp/patches/hanging-queries.ts'
import { openBareSocket, silentServer } from './bare-socket.ts'

let server: Awaited<ReturnType<typeof silentServer>>
beforeAll(async () => {
  server = await silentServer()
})
afterAll(() => server.close())

/** What becomes of a question within 300 ms after the end of its socket. */
function askedOf(socket: WASocket): Promise<string> {
  const answer = socket.waitForMessage('a question', 2000)
  return answer.then(
    () => 'answered',
    (error: Error) => error.message,
  )
}

it('is needed: Baileys lets a query hang after its socket has ended', async () => {
  const socket = await openBareSocket(server.url)
  const outcome = askedOf(socket)
  await socket.end(undefined)
  const soon = await Promise.race([outcome, sleep(300, 'hanging')])
  expect(soon, 'upstream mended it: drop hanging-queries.ts').toBe('hanging')
})

it('fails the queries at once', async () => {
  const socket = await openBareSocket(server.url)
  const outcome = askedOf(socket)
  await socket.end(undefined)
  failQueries(socket, new Error('Connection Closed'))
  expect(await Promise.race([outcome, sleep(300, 'hanging')])).toBe('Connection Closed')
})
