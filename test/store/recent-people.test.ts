import { expect, it } from 'vitest'
import type { Person } from '../../src/messages/person.ts'
import { RecentPeople } from '../../src/store/recent-people.ts'

const person = (username: string): Person => ({
  ...{ chatId: '9@lid', lid: '9@lid', number: null, username, names: ['9@lid'], learntAt: 1 },
})

/** A table whose answers a test gives, and the reads that wait for one. */
function setUp() {
  const reads: PromiseWithResolvers<Person | null>[] = []
  const people = new RecentPeople({
    find() {
      reads.push(Promise.withResolvers())
      return reads.at(-1)!.promise
    },
  })
  const find = async (answer?: Person | null) => {
    const found = people.find('s', '9@lid')
    if (answer !== undefined) reads.at(-1)!.resolve(answer)
    return found
  }
  return { people, reads, find }
}

it('who was found, or was nobody, is known without another read', async () => {
  const { reads, find } = setUp()
  expect(await find(null)).toBeNull()
  expect([await find(), reads.length]).toEqual([null, 1])
})

it('who is handed over while the table is asked is newer than its answer', async () => {
  const { people, reads, find } = setUp()
  const asked = find()
  const write = Promise.withResolvers<void>()
  people.handedOver('s', [person('new')], write.promise)
  expect(await find()).toMatchObject({ username: 'new' })
  reads[0]!.resolve(person('old'))
  expect(await asked).toMatchObject({ username: 'new' })
  write.resolve()
  await write.promise
  expect(await find()).toMatchObject({ username: 'new' })
  expect(reads).toHaveLength(1)
})

it('a read that began before a write that failed, or before a claim, is not remembered', async () => {
  const { people, reads, find } = setUp()
  const asked = find()
  people.handedOver('s', [person('never')], Promise.reject(new Error('x')))
  await new Promise(setImmediate)
  reads[0]!.resolve(person('old'))
  expect(await asked).toMatchObject({ username: 'old' })
  expect(await find(person('stored'))).toMatchObject({ username: 'stored' })
  expect(reads).toHaveLength(2)
  // Another process had the stream meanwhile.
  people.forget('s')
  expect(await find(person('of the other'))).toMatchObject({ username: 'of the other' })
  expect(reads).toHaveLength(3)
})
