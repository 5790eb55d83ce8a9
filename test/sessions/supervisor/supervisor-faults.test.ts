import { expect, it } from 'vitest'
import { createActor } from 'xstate'
import { bindSupervisor, type SupervisorActions } from '../../../src/sessions/supervisor/bind-supervisor.ts'
import { createTestClock } from '../../base/clock.ts'
import { World } from '../world.ts'

it('The reaper goes on with its rounds after one that threw', async () => {
  const world = await World.start()
  await world.shown()
  const { overdue } = world.store.messages
  let rounds = 0
  world.store.messages.overdue = async (...args) => {
    if (rounds++ < 20) throw new TypeError('secret text of a row')
    return overdue(...args)
  }
  await world.wait(25 * 60_000)
  expect(world.supervisor.problem()).toBe(null)
  expect(
    world.logs.filter(line => line.includes('sends that waited for too long could not be')),
  ).toHaveLength(20)
  await world.wait(10 * 60_000)
  expect(world.stored.sessions.find('s1')).toBe(null)
  await world.end()
})

it('An action of the supervisor that throws is told, and the supervisor decides on', async () => {
  const clock = createTestClock()
  const done: string[] = []
  const failures: unknown[] = []
  const act = new Proxy({} as SupervisorActions, {
    get: (_, name) => () => {
      done.push(String(name))
      if (name !== 'spawn') throw new Error(`no ${String(name)}`)
    },
  })
  const bound = bindSupervisor(60_000, act, error => void failures.push(error))
  const machine = createActor(bound, { clock: clock as never }).start()
  const crash = {
    type: 'session.crashed',
    sessionId: 's1',
    at: 1,
    error: 'Error',
    stack: [] as string[],
  } as const
  for (let i = 0; i < 6; i++) machine.send(crash)
  machine.send({ type: 'session.lost', sessionId: 's2', at: 1 })
  await clock.advance(61_000)
  machine.send({ type: 'store.failed' })
  await clock.advance(4_000)
  machine.send({ type: 'store.recovered' })
  await clock.advance(60_000)
  expect(machine.getSnapshot().status).toBe('active')
  expect(new Set(done)).toEqual(
    new Set(['restart', 'tellReturn', 'bringBack', 'reap', 'stopAll', 'tryStore']),
  )
  expect(done.filter(name => name === 'reap')).toHaveLength(2)
  expect(failures).toHaveLength(done.length)
})

it('A session that crashes by what nobody caught goes on as after any crash', async () => {
  const world = await World.start()
  const socket = await world.linked()
  await world.linked('other')
  world.supervisor.crash('s1', new TypeError('secret'))
  world.supervisor.crash('nobody', new TypeError('secret'))
  await world.settle()
  expect([socket.ended, world.state(), world.state('other')]).toEqual([
    true,
    'reconnecting.waiting',
    'open.settling',
  ])
  await world.waitForRetry()
  await world.openSocket()
  expect(world.state()).toBe('open.settling')
  expect(world.logs.join('')).not.toContain('secret')
  await world.end()
})

it('The reaper looks at every session and every send, whichever of them throws', async () => {
  const world = await World.start({ policy: 'hibernate' })
  for (const id of ['s1', 's2', 's3']) await world.linked(id)
  const { hasUnsent, overdue } = { ...world.store.messages }
  const bad = world.entry('s1').actor.streamId
  world.store.messages.hasUnsent = async streamId => {
    if (streamId === bad) throw new TypeError('secret text of a row')
    return hasUnsent(streamId)
  }
  world.store.messages.overdue = async () => {
    throw new TypeError('secret text of a row')
  }
  await world.wait(40 * 60_000)
  const asleep = ['s1', 's2', 's3'].map(id => world.state(id) === 'reconnecting.hibernated')
  expect(asleep).toEqual([false, true, true])
  expect(world.logs.join('')).toMatch(/"session_id":"s1"[^}]*a session could not be checked/)
  expect(world.logs.join('')).toMatch(/sends that waited for too long could not be/)
  Object.assign(world.store.messages, { hasUnsent, overdue })
  await world.wait(2 * 60_000)
  expect(world.state('s1')).toBe('reconnecting.hibernated')
  await world.end()
})
