import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { SendContent } from '../../../src/messages/send.ts'
import { type DeviceSocket, MissingDevices } from '../../../src/whatsapp/sending/missing-devices.ts'
import { createWorld, type Owner, WAIT, type World } from '../world.ts'

const SHOP = '34600000001'
const ANA = '34611000001'
let world: World
let owner: Owner
let ids = 0
beforeAll(async () => {
  world = await createWorld()
  owner = await world.linked(SHOP)
  await owner.opened()
})
afterAll(() => world.close())

const send = async (body: string) => {
  const id = `3EB0${String(++ids).padStart(18, '0')}`
  const content: SendContent = { type: 'text', to: `${ANA}@s.whatsapp.net`, body, reply_to: null }
  await owner.socket!.send(id, content)
  await owner.update(id, 'sent')
  return id
}

it.each([ANA, SHOP])('A message reaches the device that %s linked since the last one, once', async who => {
  const ana = world.sim.contact(ANA)
  await send('before')
  await ana.next()
  await world.sim.enroll(who)
  const newest = world.sim.devices.filter(({ account }) => account.pn === who).at(-1)!
  const pending = newest.pending
  const id = await send('after')
  await vi.waitFor(() => expect(newest.pending).toBe(pending + 1), WAIT)
  await ana.next()
  const next = await send('later')
  await vi.waitFor(() => expect(newest.pending).toBe(pending + 2), WAIT)
  expect(ana.inbox.filter(one => one.id === id || one.id === next)).toHaveLength(2)
})

it('Devices are asked for only when the hash is another, and once for each that nothing was missing for', async () => {
  let asked = 0
  const mine = { user: '1', device: 5, server: 's.whatsapp.net' }
  const theirs = { user: '2', device: 0, server: 's.whatsapp.net' }
  const lists: Record<string, object[]> = { 1: [mine], 2: [theirs] }
  const socket = {
    authState: { creds: { me: { id: '1:5@s.whatsapp.net', lid: '9:5@lid' } } },
    getUSyncDevices: async () => {
      asked++
      return [{ ...theirs, jid: '2:0@s.whatsapp.net' }]
    },
  } as unknown as DeviceSocket
  const missing = new MissingDevices(socket, { get: user => lists[user], del: () => {} })
  const to = '2@s.whatsapp.net'
  const sentTo = await missing.sentTo(to)
  const hash = createHash('sha256').update('2.0:0@s.whatsapp.net').digest().subarray(0, 6)
  expect(await missing.find(to, `2:${hash.toString('base64')}`, sentTo)).toEqual([])
  expect(asked).toBe(0)
  for (const phash of ['2:other', '2:other', '2:another']) await missing.find(to, phash, sentTo)
  expect(asked).toBe(2)
})
