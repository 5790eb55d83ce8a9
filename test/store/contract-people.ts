import { expect, test } from 'vitest'
import type { Person } from '../../src/messages/person.ts'
import type { Subject } from './contract.ts'
import { given } from './facts.ts'

const LID = '100000000000001@lid'
const NUMBER = '34600000002@s.whatsapp.net'
const OLD = '34600000009@s.whatsapp.net'

const ana: Person = {
  chatId: LID,
  lid: LID,
  number: NUMBER,
  username: 'ana',
  names: [LID, NUMBER, OLD].sort(),
  learntAt: 7,
}

export function peopleContract(subject: Subject): void {
  test('a person is found by each of its names, in its own stream, also after a restart', async () => {
    const streamId = await given(subject.store, 'a')
    const other = await given(subject.store, 'b')
    await subject.store.commit({ streamId, epoch: 1, people: [ana] })
    await subject.reopen()
    for (const name of ana.names) expect(await subject.store.people.find(streamId, name)).toEqual(ana)
    expect(await subject.store.people.find(streamId, '34600000000@s.whatsapp.net')).toBeNull()
    expect(await subject.store.people.find(other, LID)).toBeNull()
  })

  test('who was handed over is found at once', async () => {
    const streamId = await given(subject.store, 'a')
    expect(await subject.store.people.find(streamId, NUMBER)).toBeNull()
    const committed = subject.store.commit({ streamId, epoch: 1, people: [ana] })
    expect(await subject.store.people.find(streamId, NUMBER)).toEqual(ana)
    const renamed = { ...ana, username: null }
    const again = subject.store.commit({ streamId, epoch: 1, people: [renamed] })
    await committed
    expect(await subject.store.people.find(streamId, NUMBER)).toEqual(renamed)
    await again
    expect(await subject.store.people.find(streamId, NUMBER)).toEqual(renamed)
  })

  test('what was refused was never known', async () => {
    const streamId = await given(subject.store, 'a')
    await subject.store.commit({ streamId, epoch: 1, people: [ana] })
    const refused = subject.store.commit({ streamId, epoch: 9, people: [{ ...ana, username: 'eve' }] })
    await expect(refused).rejects.toMatchObject({ code: 'EPOCH_CONFLICT' })
    expect(await subject.store.people.find(streamId, LID)).toEqual(ana)
  })

  test('a name that goes to another is no name of the first any more', async () => {
    const streamId = await given(subject.store, 'a')
    await subject.store.commit({ streamId, epoch: 1, people: [ana] })
    const lid = '100000000000002@lid'
    const bob = { ...ana, chatId: lid, lid, number: OLD, username: null, names: [lid, OLD].sort() }
    const left = { ...ana, names: [LID, NUMBER].sort() }
    await subject.store.commit({ streamId, epoch: 1, people: [bob, left] })
    await subject.reopen()
    expect(await subject.store.people.find(streamId, OLD)).toEqual(bob)
    expect(await subject.store.people.find(streamId, NUMBER)).toEqual(left)
  })

  test('goes with its session, not with the keys of a link', async () => {
    const streamId = await given(subject.store, 'a')
    await subject.store.commit({ streamId, epoch: 1, people: [ana] })
    await subject.store.commit({ streamId, epoch: 1, erase: 'keys' })
    await subject.reopen()
    expect(await subject.store.people.find(streamId, LID)).toEqual(ana)
    await subject.store.commit({ streamId, epoch: 1, erase: 'stream' })
    await subject.reopen()
    expect(await subject.store.people.find(streamId, LID)).toBeNull()
  })
}
