import { EventEmitter } from 'node:events'
import { expect, it } from 'vitest'
import { AccountEvents, type AccountEventsDeps } from '../../../src/whatsapp/account-events/account-events.ts'
import { systemClock } from '../world.ts'

it('What cannot be kept ends the socket, and is not acknowledged', async () => {
  const refusal = new Error('disk full')
  const failed: unknown[] = []
  const held: Promise<unknown>[] = []
  const ws = new EventEmitter()
  const deps = {
    owner: { streamId: 's', happened: () => Promise.reject(refusal) },
    store: { accountEvents: { find: async () => null } },
    people: { find: async () => null, settled: async () => {} },
    socket: { sendNode: async () => {} },
    clock: systemClock,
    me: () => ({ id: '34600000001@s.whatsapp.net' }),
    groups: { changed() {} },
    wanted: ['call'],
    rejectCalls: false,
    storeFailed: (error: unknown) => failed.push(error),
    failed() {},
  } as unknown as AccountEventsDeps
  new AccountEvents(deps).watch(ws, durable => void held.push(durable))
  const offer = { tag: 'offer', attrs: { 'call-id': 'C', 'call-creator': '9@lid' } }
  ws.emit('CB:call', { tag: 'call', attrs: { from: '9@lid', id: 'A', t: '1' }, content: [offer] })
  expect(held).toHaveLength(1)
  await expect(held[0]).rejects.toBe(refusal)
  expect(failed).toEqual([refusal])
})
