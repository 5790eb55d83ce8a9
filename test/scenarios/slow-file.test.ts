import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { World } from './world.ts'

const SHOP = '34600000001'
const [ANA, EVA] = ['34600000002', '34600000003']

describe('A file whose host takes its time', () => {
  const world = new World({ LOG_LEVEL: 'info', MEDIA_ALLOW_PRIVATE: 'true', SEND_WAIT_MS: '300' })
  /** Who asked for the file and got its first byte. */
  const waiting: ServerResponse[] = []
  let host: Server
  let url = ''
  beforeAll(async () => {
    host = createServer((_, response) => {
      response.writeHead(200).write('%PDF-1.7\n')
      waiting.push(response)
    })
    host.listen(0, '127.0.0.1')
    await once(host, 'listening')
    url = `http://127.0.0.1:${(host.address() as AddressInfo).port}/bill.pdf`
    await world.start()
    await world.link('shop', SHOP)
    for (const number of [ANA, EVA]) world.simulator.contact(number!)
  }, 30_000)
  afterAll(async () => {
    await world.end()
    host.close()
  })

  const sendFile = (caption: string) =>
    world.call('POST', '/send-message', {
      ...{ session_id: 'shop', wa_id: ANA, type: 'document' },
      ...{ mediaUrl: url, caption },
    })
  const inbox = (number = ANA!) =>
    world.simulator
      .contact(number)
      .inbox.map(({ text, message }) =>
        message.documentWithCaptionMessage
          ? message.documentWithCaptionMessage.message!.documentMessage!.caption
          : text,
      )
  const soon = (check: () => void) => vi.waitFor(check, { timeout: 45_000, interval: 25 })
  const release = () => {
    for (const response of waiting.splice(0)) response.end(randomBytes(2000))
  }

  it('goes out once and in its place, whatever happened to the connection meanwhile', {
    timeout: 120_000,
  }, async () => {
    const file = await sendFile('file 1')
    expect([file.status, file.body.status]).toEqual([202, 'queued'])
    await world.send('shop', ANA!, 'text 1')
    await soon(() => expect(waiting).toHaveLength(1))
    for (const kind of ['reset', '503'] as const) {
      const { logins } = world.simulator.counters
      await world.simulator.fault({ kind })
      await soon(() => expect(world.simulator.counters.logins).toBeGreaterThan(logins))
      await world.waitForState('shop', 'open')
    }
    await world.send('shop', ANA!, 'text 2')
    expect((await world.send('shop', EVA!, 'not held up')).status).toBe(200)
    expect(inbox()).toEqual([])
    release()
    await soon(() => expect(inbox()).toEqual(['file 1', 'text 1', 'text 2']))
    expect(inbox(EVA)).toEqual(['not held up'])
  })

  it('is fetched again when the process was killed meanwhile', { timeout: 120_000 }, async () => {
    const before = inbox().length
    await sendFile('file 2')
    await world.send('shop', ANA!, 'text 3')
    await soon(() => expect(waiting).toHaveLength(1))
    await world.stopManager('SIGKILL')
    waiting.length = 0
    await world.startManager()
    await world.waitForState('shop', 'open')
    await world.send('shop', ANA!, 'text 4')
    await soon(() => expect(waiting).toHaveLength(1))
    release()
    await soon(() => expect(inbox().slice(before)).toEqual(['file 2', 'text 3', 'text 4']))
  })
})
