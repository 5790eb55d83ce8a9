import { expect, it } from 'vitest'
import { storeWithoutFence, storeWithoutInbox, stubbornOwners } from '../../chaos/modes.ts'
import { countingRefusals } from '../../chaos/stale-writes.ts'
import { GatewayError } from '../../src/base/errors.ts'
import type { OwnerTable } from '../../src/ports/cluster/owner-table.ts'
import type { Store, Write } from '../../src/ports/store.ts'

const row = { hash: 'h', at: 1, stanza: new Uint8Array([1]), plaintext: new Uint8Array([1]) }
const decrypted = {
  streamId: 's',
  epoch: 1,
  keys: [{ type: 'session', id: 'x', value: new Uint8Array([2]) }],
  inbox: [{ put: row }],
} as unknown as Write

const storeOf = (commit: Store['commit']) => ({ commit }) as Partial<Store> as Store

it('a store without inbox keeps the ratchet and forgets what was decrypted with it', async () => {
  const writes: Write[] = []
  const store = storeWithoutInbox(storeOf(async write => void writes.push(write)))
  await store.commit(decrypted)
  expect(writes).toEqual([{ streamId: 's', epoch: 1, keys: decrypted.keys }])
})

/** Its sessions have had seven owners. */
const seventh = storeOf(async ({ epoch }) => {
  if (epoch !== 7) throw new GatewayError('EPOCH_CONFLICT', `not ${epoch}`)
})

it('a store without fence takes what an earlier owner writes', async () => {
  await expect(storeWithoutFence(seventh).commit({ ...decrypted, epoch: 2 })).resolves.toBeUndefined()
  await expect(seventh.commit({ ...decrypted, epoch: 2 })).rejects.toThrow('not 2')
})

it('and what fails for another reason fails', async () => {
  const full = storeOf(() => Promise.reject(new GatewayError('STORE_FAILED', 'full')))
  await expect(storeWithoutFence(full).commit(decrypted)).rejects.toThrow('full')
})

it('the product refuses it, and that is counted', async () => {
  const told: string[] = []
  const store = countingRefusals(seventh, line => told.push(line))
  await expect(store.commit({ ...decrypted, epoch: 2 })).rejects.toThrow('not 2')
  await store.commit({ ...decrypted, epoch: 7 })
  expect(told).toHaveLength(1)
})

it('a node without fence never hears that its lease is over, which the database granted for less than it believes', async () => {
  const asked: number[] = []
  const members = { nodes: [], free: 0, own: 0, mail: [] }
  const answers = [members, null]
  const table = {
    async renew(_, leaseMs) {
      asked.push(leaseMs)
      return answers.shift() ?? null
    },
  } as Partial<OwnerTable> as OwnerTable
  const owners = stubbornOwners(table)
  const counted = { url: '', sessions: 0, maxSessions: null, stats: null }
  expect(await owners.renew('n', 300_000, counted)).toBe(members)
  expect(await owners.renew('n', 300_000, counted)).toBe(members)
  expect(asked).toEqual([15_000, 15_000])
})
