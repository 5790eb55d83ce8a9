import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { openStream } from '../../inspect/stream.ts'

/** What a manager says that shows two messages and ends, all of it in one piece with its answer to the handshake. */
const sockets = new WebSocketServer({ noServer: true })
const server = createServer().on('upgrade', (request, socket, head) => {
  socket.cork()
  sockets.handleUpgrade(request, socket, head, one => {
    for (const text of ['first', 'second']) one.send(text)
    one.close()
    socket.uncork()
  })
})

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => {
  server.close()
  server.closeAllConnections()
})

it('A stream opens before it tells anything, and its end is heard however early it comes', async () => {
  const heard: string[] = []
  const over = Promise.withResolvers<void>()
  const manager = `127.0.0.1:${(server.address() as AddressInfo).port}`
  await openStream(
    { stream: new URL(`ws://${manager}/`), manager, key: null, sessions: [] },
    {
      opened: () => heard.push('opened'),
      told: message => heard.push(message),
      ended() {
        heard.push('ended')
        over.resolve()
      },
    },
  )
  await over.promise
  expect(heard).toEqual(['opened', 'first', 'second', 'ended'])
})
