import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { limitClosing } from '../../../src/whatsapp/patches/unanswered-close.ts'
import { rawWebSocket } from '../../../src/whatsapp/raw-websocket.ts'
import { openBareSocket, silentServer } from './bare-socket.ts'

let server: Awaited<ReturnType<typeof silentServer>>
beforeAll(async () => {
  server = await silentServer({ deaf: true })
})
afterAll(() => server.close())

it('is needed: Baileys waits for seconds when the peer does not answer the close frame', async () => {
  const socket = await openBareSocket(server.url)
  const ended = socket.end(undefined).then(() => 'ended')
  expect(
    await Promise.race([ended, sleep(3000)]),
    'upstream mended it: drop unanswered-close.ts',
  ).toBeUndefined()
  rawWebSocket(socket).terminate()
  await ended
})

it('closes the WebSocket after a second', async () => {
  const socket = await openBareSocket(server.url)
  limitClosing(rawWebSocket(socket))
  const ended = socket.end(undefined).then(() => 'ended')
  expect(await Promise.race([ended, sleep(500)])).toBeUndefined()
  expect(await Promise.race([ended, sleep(2000)])).toBe('ended')
})
