import type { GroupMetadata } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { createGroupCaches } from '../../src/whatsapp/group-cache.ts'
import { Groups } from '../../src/whatsapp/groups.ts'

const JID = '120363@g.us'
const group = (subject: string, members = ['1@lid']) =>
  ({ id: JID, subject, owner: undefined, participants: members.map(id => ({ id })) }) as GroupMetadata
const settle = () => new Promise(resolve => setImmediate(resolve))

function createWorld(cachesOf = createGroupCaches()) {
  const asked: string[] = []
  const world = {
    asked,
    answer: async (_jid: string): Promise<GroupMetadata> => group('Team'),
    groups: null as unknown as Groups,
  }
  const ask = (jid: string) => {
    asked.push(jid)
    return world.answer(jid)
  }
  world.groups = new Groups(cachesOf(), ask, () => {})
  return world
}

describe('the subject of a group', () => {
  it('is fetched once, in the background, and known afterwards', async () => {
    const { groups, asked } = createWorld()
    expect([groups.subjectOf(JID), groups.subjectOf(JID)]).toEqual([null, null])
    await settle()
    expect([groups.subjectOf(JID), asked]).toEqual(['Team', [JID]])
  })

  it('is fetched for one group after the other', async () => {
    const world = createWorld()
    const open: (() => void)[] = []
    world.answer = () => new Promise(resolve => open.push(() => resolve(group('x'))))
    for (let n = 0; n < 50; n++) world.groups.subjectOf(`${n}@g.us`)
    await settle()
    expect(world.asked).toEqual(['0@g.us'])
    open[0]!()
    await settle()
    expect(world.asked).toEqual(['0@g.us', '1@g.us'])
  })

  it('that WhatsApp does not give is not fetched at each message', async () => {
    const world = createWorld()
    world.answer = () => Promise.reject(new Error('forbidden'))
    for (let n = 0; n < 20; n++) {
      expect(world.groups.subjectOf(JID)).toBeNull()
      await settle()
    }
    expect(world.asked).toHaveLength(1)
  })

  it('changes when WhatsApp says so', async () => {
    const { groups } = createWorld()
    await groups.members(JID)
    groups.handle({ 'groups.update': [{ id: JID, subject: 'Friends' }] })
    expect(groups.subjectOf(JID)).toBe('Friends')
    groups.handle({ 'groups.update': [{ id: JID, announce: true }] })
    expect(groups.subjectOf(JID)).toBe('Friends')
    groups.handle({ 'groups.upsert': [{ ...group('New'), id: '2@g.us' }] })
    expect(groups.subjectOf('2@g.us')).toBe('New')
  })
})

describe('the members of a group', () => {
  it('are fetched once, until something changes', async () => {
    const world = createWorld()
    await world.groups.members(JID)
    await world.groups.members(JID)
    expect(world.asked).toHaveLength(1)
    world.answer = async () => group('Team', ['1@lid', '2@lid'])
    const change = { id: JID, author: '1@lid', participants: [], action: 'add' } as never
    world.groups.handle({ 'group-participants.update': change })
    expect((await world.groups.members(JID))?.participants).toHaveLength(2)
    world.groups.handle({ 'groups.update': [{ id: JID, restrict: true }] })
    await world.groups.members(JID)
    expect(world.asked).toHaveLength(3)
  })

  it('that WhatsApp gave before a change are not kept', async () => {
    const world = createWorld()
    const answered = Promise.withResolvers<GroupMetadata>()
    world.answer = () => answered.promise
    const asking = world.groups.members(JID)
    const change = { id: JID, author: '1@lid', participants: [], action: 'remove' } as never
    world.groups.handle({ 'group-participants.update': change })
    answered.resolve(group('Team', ['1@lid', 'removed@lid']))
    await asking
    world.answer = async () => group('Team')
    expect((await world.groups.members(JID))?.participants).toEqual([{ id: '1@lid' }])
  })

  it('are not fetched for other chats, and a refusal rejects and is not kept', async () => {
    const world = createWorld()
    expect(await world.groups.members('status@broadcast')).toBeUndefined()
    expect(world.asked).toEqual([])
    world.answer = () => Promise.reject(new Error('forbidden'))
    await expect(world.groups.members(JID)).rejects.toThrow('forbidden')
    world.answer = async () => group('Team')
    expect((await world.groups.members(JID))?.subject).toBe('Team')
  })

  it('are not known to another socket', async () => {
    const caches = createGroupCaches()
    const [first, second] = [createWorld(caches), createWorld(caches)]
    await first.groups.members(JID)
    await second.groups.members(JID)
    expect([first.asked, second.asked]).toEqual([[JID], [JID]])
  })
})
