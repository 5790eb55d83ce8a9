import { afterEach, describe, expect, it } from 'vitest'
import { incoming } from '../fakes.ts'
import { ANA, sendingIn } from '../sending/sending.ts'
import { World } from '../world.ts'

const MINUTE = 60_000

let world: World
afterEach(() => world.end())
const { send } = sendingIn(() => world)

/** A linked session that is idle by now, and the reaper's question for it under way: the store has seen nothing, and has not said so yet. */
async function asked(policy: 'hibernate' | 'delete') {
  world = await World.start({ policy, sendMaxAgeMs: 180 * MINUTE })
  const socket = await world.linked()
  await world.deliverStatus()
  const answers: (() => void)[] = []
  const { hasPending } = world.store.downloads
  world.store.downloads.hasPending = async streamId => {
    const answer = await hasPending(streamId)
    await new Promise<void>(resolve => answers.push(resolve))
    return answer
  }
  for (let minute = 0; answers.length === 0 && minute < 60; minute++) await world.wait(MINUTE)
  return {
    socket,
    answers,
    async answer() {
      world.store.downloads.hasPending = hasPending
      for (const resolve of answers.splice(0)) resolve()
      await world.settle()
    },
  }
}

const isIdle = () => world.state() === 'reconnecting.hibernated' || world.context().intent === 'delete'

describe.each([
  'hibernate',
  'delete',
] as const)('While the store is asked about an idle session (%s)', policy => {
  it('nothing happens, and it is idle once that has answered', async () => {
    const { answer } = await asked(policy)
    expect(isIdle()).toBe(false)
    await answer()
    expect(isIdle()).toBe(true)
  })

  it('a message comes, and it is idle no more', async () => {
    const { socket, answer } = await asked(policy)
    await socket.owner.received([incoming('A')])
    await answer()
    expect(isIdle()).toBe(false)
  })

  it('a message is on its way into the log, and it is idle no more', async () => {
    const { socket, answer } = await asked(policy)
    world.disk.holdWrites()
    const received = socket.owner.received([incoming('A')])
    await world.settle()
    await answer()
    expect(isIdle()).toBe(false)
    world.disk.releaseWrites()
    await received
    await world.settle()
    expect(isIdle()).toBe(false)
  })

  it('a send is accepted, and it is idle no more', async () => {
    const { answer } = await asked(policy)
    send(ANA, 'hello').catch(() => {})
    await world.settle()
    await answer()
    expect(isIdle()).toBe(false)
  })

  it('somebody starts it, and it is idle no more', async () => {
    const { answer } = await asked(policy)
    await world.commands.start({ sessionId: 's1', userId: 7 })
    await answer()
    expect(isIdle()).toBe(false)
  })

  it('it ends, and nothing is told to what is gone', async () => {
    const { answer } = await asked(policy)
    const stopping = world.supervisor.stop()
    await world.settle()
    await answer()
    await stopping
    expect(world.logs.join('')).not.toMatch(/could not be checked/)
  })

  it('no other round begins', async () => {
    const { answers, answer } = await asked(policy)
    await world.wait(5 * MINUTE)
    expect(answers).toHaveLength(1)
    await answer()
  })
})
