import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { OtherProcesses } from './other-process.ts'
import { createWorld, type Owner, WAIT, type World } from './world.ts'

// Slow for a reason: each test kills a process that has loaded Baileys and logged in.

const PN = '34600000001'
let world: World
let owner: Owner
let processes: OtherProcesses
beforeEach(async () => {
  world = await createWorld({ inboundIgnore: [] })
  owner = await world.linked(PN)
  processes = new OtherProcesses(world, owner)
})
afterEach(async () => {
  processes.end()
  await world.close()
})

const pending = () => world.sim.phone(PN).devices[0]!.pending
const bodies = () => owner.received_.map(({ message }) => message.body)

describe('a process that is killed', { timeout: 90_000 }, () => {
  it.each([
    ['after the acknowledgement of a newsletter', true, false],
    ['before the acknowledgement of a newsletter', false, false],
    ['after the acknowledgement of a notification about a newsletter', true, true],
    ['before the acknowledgement of a notification about a newsletter', false, true],
  ])('%s hands over its post once, in order', async (_, acknowledged, notified) => {
    const news = world.sim.newsletter('News')
    news.subscribe(PN)
    const child = await processes.start('forgetful')
    if (!acknowledged) await world.sim.fault({ kind: 'deaf', account: PN })
    const { id } = news.post('posted', { notified })
    await child.said(`received ${id}`)
    if (acknowledged) await vi.waitFor(() => expect(pending()).toBe(0), WAIT)
    else expect(pending()).toBe(1)
    await child.kill()
    await world.sim.heal()
    news.post('while away', { notified })
    await processes.restart()
    await vi.waitFor(() => expect(bodies()).toHaveLength(3), WAIT)
    expect(bodies().toSorted()).toEqual(['last', 'posted', 'while away'])
    expect(bodies().indexOf('posted')).toBeLessThan(bodies().indexOf('while away'))
    await vi.waitFor(() => processes.nothingIsLeft(), WAIT)
  })

  it('between the answer of the phone and the log hands over the message inside it once', async () => {
    const ana = world.sim.contact('34611000001')
    const child = await processes.start('forgetful')
    const { id } = await ana.say(PN, 'only the phone had it', { unavailable: true })
    await child.said(`received ${id}`)
    await vi.waitFor(() => expect(world.sim.phone(PN).devices[0]!.pending).toBe(0), WAIT)
    await child.kill()
    await processes.restart()
    expect(bodies()).toEqual(['only the phone had it', 'last'])
    expect(owner.received_[0]!.dedupeKey).toBe(`${ana.account.lidJid}||0|${id}`)
    await vi.waitFor(() => processes.nothingIsLeft(), WAIT)
  })

  it('between a placeholder and the request to the phone asks the phone after the restart, and hands over the message once', async () => {
    const ana = world.sim.contact('34611000001', { name: 'Ana' })
    const child = await processes.start('forgetful')
    const { id } = await ana.say(PN, 'never asked for', { unavailable: true })
    await vi.waitFor(() => expect(processes.acknowledged(id)).toBe(true), WAIT)
    await child.kill()
    await processes.restart()
    await vi.waitFor(() => expect(bodies()).toContain('never asked for'), WAIT)
    expect(bodies()).toEqual(['last', 'never asked for'])
    expect(owner.received_[1]).toMatchObject({
      dedupeKey: `${ana.account.lidJid}||0|${id}`,
      message: { message_id: id, push_name: 'Ana' },
    })
    await vi.waitFor(() => processes.nothingIsLeft(), WAIT)
  })

  it('before it told of a view-once message tells once that one came', async () => {
    const child = await processes.start('forgetful')
    const { id } = await world.sim.contact('34611000001').say(PN, 'secret', { unavailable: 'view_once' })
    await child.said(`received ${id}`)
    await vi.waitFor(() => expect(processes.acknowledged(id)).toBe(true), WAIT)
    await child.kill()
    await processes.restart()
    expect(owner.received_.map(({ message }) => [message.type, message.body])).toEqual([
      ['unsupported', 'viewOnceMessage'],
      ['text', 'last'],
    ])
    await vi.waitFor(() => processes.nothingIsLeft(), WAIT)
  })
})
