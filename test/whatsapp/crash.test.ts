import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createWorld, type Owner, WAIT, type World } from './world.ts'

const PN = '34600000001'
let world: World
let owner: Owner
let children: ChildProcess[] = []
beforeEach(async () => {
  world = await createWorld()
  owner = await world.linked(PN)
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  children = []
  await world.close()
})

/** Another process that has the session and the store. */
async function elsewhere(mode: 'forgetful' | 'storing') {
  await world.giveAway()
  const script = fileURLToPath(new URL('./child.ts', import.meta.url))
  const child = spawn(
    process.execPath,
    [script, world.dataDir, world.url, world.rootKey, owner.sessionId, mode],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  children.push(child)
  const lines: string[] = []
  createInterface({ input: child.stdout! }).on('line', line => lines.push(line))
  const said = (line: string) => vi.waitFor(() => expect(lines).toContain(line), WAIT)
  await said('socket.opened')
  return {
    lines,
    said,
    /** Ends it without a chance to do anything, and takes the store back. */
    async kill() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
      await world.takeBack()
    },
  }
}

/** What the product does at start, and then everything that WhatsApp still has. */
async function restart(recover = true) {
  if (recover) await owner.received(await world.whatsApp.recover(owner.streamId))
  await owner.opened()
  const last = world.sim.contact('34611000099')
  await last.say(PN, 'last')
  await vi.waitFor(() => expect(owner.received_.at(-1)?.message.body).toBe('last'), WAIT)
}

const acknowledged = (id: string) => world.sim.ledger.acknowledged.some(entry => entry.id === id)

function nothingIsLeft() {
  expect(owner.unfinished()).toBe(0)
  expect(world.sim.ledger.undecryptable).toEqual([])
  expect(world.sim.ledger.unanswered).toEqual([])
  expect(world.sim.phone(PN).devices[0]!.pending).toBe(0)
}

describe('kill -9', { timeout: 90_000 }, () => {
  it('between the acknowledgement and the log: the message is told once, after the restart', async () => {
    const ana = world.sim.contact('34611000001')
    const child = await elsewhere('forgetful')
    const { id } = await ana.say(PN, 'acknowledged, not stored')
    await vi.waitFor(() => expect(acknowledged(id)).toBe(true), WAIT)
    await child.kill()
    expect(world.store.keys.unfinished(owner.streamId)).toHaveLength(1)
    await restart()
    expect(owner.received_.map(({ message }) => message.body)).toEqual(['acknowledged, not stored', 'last'])
    expect(owner.received_[0]!.message).toMatchObject({ message_id: id, from: '34611000001', offline: false })
    expect(world.sim.ledger.redelivered).toEqual([])
    await vi.waitFor(nothingIsLeft, WAIT)
  })

  it.each([
    ['and the restart recovers it', true],
    ['and WhatsApp delivers it again', false],
  ])('between the decryption and the acknowledgement, %s: told once', async (_, recover) => {
    const bea = world.sim.contact('34611000002')
    const child = await elsewhere('forgetful')
    await world.sim.fault({ kind: 'deaf', account: PN })
    const { id } = await bea.say(PN, 'decrypted, not acknowledged')
    await child.said(`received ${id}`)
    expect(acknowledged(id)).toBe(false)
    await child.kill()
    await world.sim.heal()
    await restart(recover)
    expect(owner.received_.map(({ message }) => message.body)).toEqual([
      'decrypted, not acknowledged',
      'last',
    ])
    expect(world.sim.ledger.redelivered.map(entry => entry.id)).toEqual([id])
    expect(acknowledged(id)).toBe(true)
    await vi.waitFor(nothingIsLeft, WAIT)
  })

  it('three times during traffic: every message once, no QR', async () => {
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
      const child = await elsewhere('storing')
      const talked = talk(20)
      const enough = 8 + round * 4
      await vi.waitFor(() => expect(child.lines.length).toBeGreaterThan(enough), WAIT)
      await child.kill()
      await talked
    }
    await restart()
    const inLog = () =>
      world.store.log
        .after(owner.streamId, 0, 100_000)
        .filter(row => row.type === 'message.received')
        .map(row => {
          const { content } = world.store.messages.find(owner.streamId, String(row.data.messageId))!
          return 'body' in content ? content.body : null
        })
    const all = [...said, 'last'].sort()
    await vi.waitFor(() => expect(inLog().length).toBeGreaterThanOrEqual(all.length), WAIT)
    expect(inLog().sort()).toEqual(all)
    expect(world.sim.counters.qrRefs).toBe(0)
    await vi.waitFor(nothingIsLeft, WAIT)
  })
})

describe('a connection that breaks', () => {
  it('in the middle of a burst, again and again: every message once', async () => {
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
