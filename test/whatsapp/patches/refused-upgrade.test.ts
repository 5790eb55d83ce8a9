import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { watchRefusedUpgrade } from '../../../src/whatsapp/patches/refused-upgrade.ts'
import { bareSocket } from './bare-socket.ts'

const server = createServer()
let url = ''
beforeAll(async () => {
  server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n'))
  server.listen(0)
  await once(server, 'listening')
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())

it('is needed: Baileys says nothing when the upgrade is answered with an HTTP status', async () => {
  const socket = bareSocket(url)
  let closed = false
  socket.ev.on('connection.update', ({ connection }) => {
    closed ||= connection === 'close'
  })
  await once(socket.ws, 'unexpected-response')
  await sleep(300)
  expect(closed, 'upstream mended it: drop refused-upgrade.ts').toBe(false)
  await socket.end(undefined)
})

it('tells the status with which the upgrade was refused', async () => {
  const socket = bareSocket(url)
  const status = await new Promise<number>(resolve => watchRefusedUpgrade(socket, resolve))
  expect(status).toBe(403)
  await socket.end(undefined)
})
