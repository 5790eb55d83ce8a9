import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { OtherProcesses } from './other-process.ts'
import { createWorld, type Owner, WAIT, type World } from './world.ts'

// Slow for a reason: each test kills a process that has loaded Baileys and logged in.

const PN = '34600000001'
let world: World
let owner: Owner
let processes: OtherProcesses
beforeEach(async () => {
  world = await createWorld()
  owner = await world.linked(PN)
  processes = new OtherProcesses(world, owner)
})
afterEach(async () => {
  processes.end()
  await world.close()
})

const nothingIsLeft = () => processes.nothingIsLeft()

describe('a process that is killed', { timeout: 90_000 }, () => {
  it('between the acknowledgement and the log hands over the message once, after the restart', async () => {
    const ana = world.sim.contact('34611000001')
    const child = await processes.start('forgetful')
    const { id } = await ana.say(PN, 'acknowledged, not stored')
    await vi.waitFor(() => expect(processes.acknowledged(id)).toBe(true), WAIT)
    await child.kill()
    expect(await world.store.keys.unfinished(owner.streamId)).toHaveLength(1)
    await processes.restart()
    expect(owner.received_.map(({ message }) => message.body)).toEqual(['acknowledged, not stored', 'last'])
    expect(owner.received_[0]!.message).toMatchObject({ message_id: id, from: '34611000001', offline: false })
    expect(world.sim.ledger.redelivered).toEqual([])
    await vi.waitFor(nothingIsLeft, WAIT)
  })

  it.each([
    ['when the restart recovers it', true],
    ['when WhatsApp delivers it again', false],
  ])('between the decryption and the acknowledgement hands over the message once, %s', async (_, recover) => {
    const bea = world.sim.contact('34611000002')
    const child = await processes.start('forgetful')
    await world.sim.fault({ kind: 'deaf', account: PN })
    const { id } = await bea.say(PN, 'decrypted, not acknowledged')
    await child.said(`received ${id}`)
    expect(processes.acknowledged(id)).toBe(false)
    await child.kill()
    await world.sim.heal()
    await processes.restart(recover)
    expect(owner.received_.map(({ message }) => message.body)).toEqual([
      'decrypted, not acknowledged',
      'last',
    ])
    expect(world.sim.ledger.redelivered.map(entry => entry.id)).toEqual([id])
    expect(processes.acknowledged(id)).toBe(true)
    await vi.waitFor(nothingIsLeft, WAIT)
  })

  it('three times during traffic hands over every message once and needs no QR', async () => {
    const contacts = ['34611000003', '34611000004'].map(pn => world.sim.contact(pn))
    const said: string[] = []
    const talk = async (messages: number) => {
      for (let i = 0; i < messages; i++) {
        const body = `m${said.length}`
        said.push(body)
        await contacts[i % 2]!.say(PN, body, { addressing: i % 3 ? 'pn' : 'lid' })
      }
    }
    for (let round = 0; round < 3; round++) {
      // Some wait at WhatsApp while nobody is there, some come while it runs, some while it dies.
      await talk(5)
      const child = await processes.start('storing')
      const talked = talk(20)
      const enough = 8 + round * 4
      await vi.waitFor(() => expect(child.lines.length).toBeGreaterThan(enough), WAIT)
      await child.kill()
      await talked
    }
    await processes.restart()
    const all = [...said, 'last'].sort()
    const inLog = () => processes.inLog()
    await vi.waitFor(async () => expect((await inLog()).length).toBeGreaterThanOrEqual(all.length), WAIT)
    expect((await inLog()).sort()).toEqual(all)
    expect(world.sim.counters.qrRefs).toBe(0)
    await vi.waitFor(nothingIsLeft, WAIT)
  })
})

describe('a connection that breaks', () => {
  it('in the middle of a burst, again and again, hands over every message once', async () => {
    const cleo = world.sim.contact('34611000005')
    await owner.opened()
    const said: string[] = []
    for (let round = 0; round < 5; round++) {
      const burst = async () => {
        for (let i = 0; i < 10; i++) {
          said.push(`${round}.${i}`)
          await cleo.say(PN, `${round}.${i}`)
        }
      }
      const from = owner.facts.length
      const bursting = burst()
      await vi.waitFor(() => expect(owner.received_.length).toBeGreaterThan(round * 10), WAIT)
      await world.sim.fault({ kind: round % 2 ? 'reset' : 'deaf', account: PN })
      await bursting
      if (round % 2 === 0) {
        await world.sim.fault({ kind: 'reset', account: PN })
        await world.sim.heal()
      }
      expect(await owner.fact('socket.closed', from)).toMatchObject({ reaction: 'backoff', code: 428 })
      await owner.opened()
      await owner.texts((round + 1) * 10)
    }
    expect(owner.received_.map(({ message }) => message.body).sort()).toEqual([...said].sort())
    await vi.waitFor(nothingIsLeft, WAIT)
  })
})
