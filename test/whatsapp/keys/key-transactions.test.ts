import type { SignalDataSet, SignalKeyStore } from '@whiskeysockets/baileys'
import { expect, it } from 'vitest'
import { withTransactions } from '../../../src/whatsapp/keys/key-transactions.ts'

/** A store of `device-list` keys that notes what is written to it, and refuses it while `broken`. */
function world() {
  const stored: Record<string, string[]> = { ana: ['1'] }
  const writes: SignalDataSet[] = []
  const disk = { broken: false }
  const keys = withTransactions({
    get: async (_type, ids) =>
      Object.fromEntries(ids.flatMap(id => (id in stored ? [[id, stored[id]]] : []))) as never,
    async set(data) {
      if (disk.broken) throw new Error('disk full')
      writes.push(data)
      for (const [id, value] of Object.entries(data['device-list'] ?? {}))
        if (value) stored[id] = value
        else delete stored[id]
    },
  } satisfies SignalKeyStore)
  const read = async (id: string) => (await keys.get('device-list', [id]))[id]
  const write = async (id: string, value: string[] | null) => keys.set({ 'device-list': { [id]: value } })
  return { keys, writes, disk, read, write }
}

it('what a transaction writes is seen by itself alone, and stored at once when it ends', async () => {
  const { keys, writes, read, write } = world()
  const written = Promise.withResolvers<void>()
  const looked = Promise.withResolvers<void>()
  const running = keys.transaction(async () => {
    await write('ana', null)
    await write('ben', ['2'])
    expect([await read('ana'), await read('ben')]).toEqual([undefined, ['2']])
    written.resolve()
    await looked.promise
  }, 'peer')
  await written.promise
  expect([await read('ana'), await read('ben'), writes, keys.isInTransaction()]).toEqual([
    ['1'],
    undefined,
    [],
    false,
  ])
  looked.resolve()
  await running
  expect(writes).toEqual([{ 'device-list': { ana: null, ben: ['2'] } }])
  expect([await read('ana'), await read('ben')]).toEqual([undefined, ['2']])
})

it('transactions of one name come one after the other, those of others do not wait', async () => {
  const { keys, read, write } = world()
  const first = Promise.withResolvers<void>()
  const order: string[] = []
  const running = keys.transaction(async () => {
    await first.promise
    await write('ana', ['1', '2'])
    order.push('first')
  }, 'peer')
  const second = keys.transaction(async () => {
    order.push(`second sees ${await read('ana')}`)
  }, 'peer')
  await keys.transaction(async () => {
    order.push('other')
  }, 'another peer')
  first.resolve()
  await Promise.all([running, second])
  expect(order).toEqual(['other', 'first', 'second sees 1,2'])
})

it('nothing of a transaction that throws is stored, and the next one goes on', async () => {
  const { keys, writes, write } = world()
  const failed = keys.transaction(async () => {
    await write('ana', null)
    throw new Error('bad MAC')
  }, 'peer')
  await expect(failed).rejects.toThrow('bad MAC')
  await keys.transaction(() => write('ben', ['2']), 'peer')
  expect(writes).toEqual([{ 'device-list': { ben: ['2'] } }])
})

it('a transaction is refused with its write, which is not tried again', async () => {
  const { keys, writes, disk, write } = world()
  disk.broken = true
  await expect(keys.transaction(() => write('ana', null), 'peer')).rejects.toThrow('disk full')
  disk.broken = false
  await keys.transaction(() => write('ben', ['2']), 'peer')
  expect(writes).toEqual([{ 'device-list': { ben: ['2'] } }])
})

it('a transaction inside another is part of it, whatever its name', async () => {
  const { keys, writes, write } = world()
  await keys.transaction(async () => {
    await keys.transaction(() => write('ben', ['2']), 'peer')
    expect(writes).toEqual([])
  }, 'peer')
  expect(writes).toHaveLength(1)
})
