import type { WAMessage, WASocket } from '@whiskeysockets/baileys'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { flushBufferAtEnd } from '../../../../src/whatsapp/patches/event-buffer/dropped.ts'
import { openBareSocket, silentServer } from '../bare-socket.ts'

let server: Awaited<ReturnType<typeof silentServer>>
beforeAll(async () => {
  server = await silentServer()
})
afterAll(() => server.close())

/** The ids of the messages that are heard of when the socket ends while Baileys holds one back. */
async function heardAtEnd(socket: WASocket): Promise<unknown[]> {
  const heard: unknown[] = []
  socket.ev.process(events => {
    for (const { key } of events['messages.upsert']?.messages ?? []) heard.push(key.id)
  })
  socket.ev.buffer()
  const message = { key: { remoteJid: '1@s.whatsapp.net', id: 'A' } } as WAMessage
  socket.ev.emit('messages.upsert', { messages: [message], type: 'notify' })
  await socket.end(undefined)
  return heard
}

it('is needed: Baileys throws away what it has buffered when the socket ends', async () => {
  const heard = await heardAtEnd(await openBareSocket(server.url))
  expect(heard, 'upstream mended it: drop event-buffer/dropped.ts').toEqual([])
})

it('emits what is buffered before the socket ends', async () => {
  const socket = await openBareSocket(server.url)
  flushBufferAtEnd(socket)
  expect(await heardAtEnd(socket)).toEqual(['A'])
})
