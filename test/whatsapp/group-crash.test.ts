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
const bodies = () => owner.received_.map(({ message }) => message.body)

describe('a process that is killed while it receives group messages', { timeout: 90_000 }, () => {
  /** A group whose author was heard `before` times. */
  async function group(before: number) {
    const author = world.sim.contact('34611000001')
    const { jid } = world.sim.group('shop', [PN, author.pn])
    if (before > 0) {
      const socket = await owner.opened()
      for (let i = 0; i < before; i++) await author.say(jid, `before ${i}`)
      await owner.texts(before)
      await socket.end()
    }
    const heard = bodies()
    return { say: (body: string) => author.say(jid, body), heard }
  }

  it.each([
    ['the first message of an author', 0],
    ['a later message', 3],
  ])('hands over %s once when it died between the acknowledgement and the log, and decrypts what follows', async (_, before) => {
    const { say, heard } = await group(before)
    const child = await processes.start('forgetful')
    const { id } = await say('acknowledged, not stored')
    await vi.waitFor(() => expect(processes.acknowledged(id)).toBe(true), WAIT)
    await child.kill()
    await say('while away')
    await processes.restart()
    expect(bodies()).toEqual([...heard, 'acknowledged, not stored', 'while away', 'last'])
    expect(world.sim.ledger.redelivered).toEqual([])
    await say('after')
    expect((await owner.texts(before + 4)).at(-1)).toBe('after')
    await vi.waitFor(nothingIsLeft, WAIT)
  })

  it.each([
    ['the first message of an author', 'recovered', 0, true],
    ['the first message of an author', 'delivered again', 0, false],
    ['a later message', 'recovered', 3, true],
    ['a later message', 'delivered again', 3, false],
  ])('hands over %s once when it died between the decryption and the acknowledgement and it is %s', async (_, __, before, recover) => {
    const { say, heard } = await group(before)
    const child = await processes.start('forgetful')
    await world.sim.fault({ kind: 'deaf', account: PN })
    const { id } = await say('decrypted, not acknowledged')
    await child.said(`received ${id}`)
    expect(processes.acknowledged(id)).toBe(false)
    await child.kill()
    await world.sim.heal()
    await say('while away')
    await processes.restart(recover)
    expect(bodies()).toEqual([...heard, 'decrypted, not acknowledged', 'while away', 'last'])
    expect(world.sim.ledger.redelivered.map(entry => entry.id)).toEqual([id])
    await vi.waitFor(() => expect(processes.acknowledged(id)).toBe(true), WAIT)
    await say('after')
    expect((await owner.texts(before + 4)).at(-1)).toBe('after')
    await vi.waitFor(nothingIsLeft, WAIT)
  })

  it('and killed again and again hands over each message of several authors once and in order, and its own are decrypted', async () => {
    const authors = ['34611000003', '34611000004', '34611000005'].map(pn => world.sim.contact(pn))
    const { jid } = world.sim.group('busy', [PN, ...authors.map(({ pn }) => pn)])
    const said: string[] = []
    const accepted = () => world.sim.ledger.accepted.filter(entry => entry.group === jid).map(({ id }) => id)
    const talk = async (messages: number) => {
      for (let i = 0; i < messages; i++) {
        said.push(`m${said.length}`)
        await authors[said.length % 3]!.say(jid, said.at(-1)!)
      }
    }
    for (let round = 0; round < 3; round++) {
      await talk(4)
      const child = await processes.start('storing', jid)
      const talked = talk(10)
      const enough = 6 + Math.floor(Math.random() * 15)
      await vi.waitFor(() => expect(child.lines.length).toBeGreaterThan(enough), WAIT)
      // Three early deaths in a row would leave nothing of its own to look at.
      if (round === 2) await vi.waitFor(() => expect(accepted().length).toBeGreaterThan(0), WAIT)
      await child.kill()
      await talked
    }
    await processes.restart()
    await vi.waitFor(async () => expect(await processes.inLog()).toContain('last'), WAIT)
    expect(await processes.inLog()).toEqual([...said, 'last'])
    expect(accepted().length).toBeGreaterThan(0)
    for (const author of authors)
      await vi.waitFor(
        () => expect(author.inbox.filter(({ from }) => from === PN).map(({ id }) => id)).toEqual(accepted()),
        WAIT,
      )
    await vi.waitFor(nothingIsLeft, WAIT)
  })
})
