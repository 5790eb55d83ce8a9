import type { StatelyActorEvent, StatelyInspectionEvent } from '@statelyai/inspect'
import { afterEach, describe, expect, it } from 'vitest'
import type { AnyActorRef } from 'xstate'
import type { sessionMachine } from '../../machines/session.machine.ts'
import { createLogger } from '../../src/base/logger.ts'
import { MOST_SESSIONS, MOST_VIEWERS } from '../../src/inspector/hub.ts'
import { createInspector } from '../../src/inspector/inspector.ts'
import type { RunningCharts, Viewing } from '../../src/ports/inspection.ts'
import { closedAs, World, type WorldOptions } from '../sessions/world.ts'

let world: World
afterEach(() => world.end())

const begin = async (options: WorldOptions = {}, charts: Partial<RunningCharts> = {}) => {
  world = await World.start(options)
  const logs: string[] = []
  const inspector = createInspector({
    charts: { ...world.charts, ...charts },
    clock: world.clock,
    wall: world.clock.now,
    logger: createLogger({ level: 'trace', format: 'json' }, { write: line => void logs.push(line) }),
  })
  return { inspector, logs }
}

/** What a viewer is told, as it comes. */
function read(viewing: Viewing) {
  const seen = { messages: [] as StatelyInspectionEvent[], beats: 0, ended: false, viewing }
  void (async () => {
    for await (const text of viewing.messages) {
      if (text === null) seen.beats++
      else seen.messages.push(JSON.parse(text) as StatelyInspectionEvent)
    }
    seen.ended = true
  })()
  return seen
}
const kinds = ({ messages }: { messages: StatelyInspectionEvent[] }) =>
  messages.map(({ type }) => type.slice('@xstate.'.length))
const actors = ({ messages }: { messages: StatelyInspectionEvent[] }) =>
  messages.filter(message => message.type === '@xstate.actor') as StatelyActorEvent[]
const last = (seen: { messages: StatelyInspectionEvent[] }, sessionId: string) =>
  seen.messages.findLast(one => one.type === '@xstate.snapshot' && one.sessionId === sessionId) as never as {
    snapshot: { status: string; value: unknown }
  }

/** Counts the observers at the systems of these roots. */
function countObservers(...roots: AnyActorRef[]) {
  const count = { now: 0, ever: 0 }
  for (const { system } of roots) {
    const inspect = system.inspect
    system.inspect = observer => {
      const { unsubscribe } = inspect(observer)
      count.now++
      count.ever++
      return {
        unsubscribe() {
          count.now--
          unsubscribe()
        },
      }
    }
  }
  return count
}
const rootOf = (sessionId: string): AnyActorRef => {
  const found: AnyActorRef[] = []
  world.charts.watch({ began: (id, root) => id === sessionId && found.push(root), ended() {} })
  world.charts.watch(null)
  return found[0]!
}

describe('The inspector', () => {
  it('costs nothing while nobody looks: no observer, no timer, before the first viewer and after the last', async () => {
    const { inspector } = await begin()
    await world.linked('s1')
    await world.linked('s2')
    const count = countObservers(world.charts.supervisor, rootOf('s1'), rootOf('s2'))
    const timers = world.clock.pending()
    await world.wait(1)
    expect(count.ever).toBe(0)
    const one = await inspector.open(['s1'])
    const other = await inspector.open(null)
    expect(count).toEqual({ now: 3, ever: 3 })
    expect(world.clock.pending()).toBe(timers + 1)
    one.end()
    expect(count.now).toBe(3)
    other.end()
    await world.wait(15_000)
    expect(count).toEqual({ now: 0, ever: 3 })
    await world.linked('s3')
    expect(count).toEqual({ now: 0, ever: 3 })
  })

  it('tells of the actors first, then what each is at, then what happens', async () => {
    const { inspector } = await begin()
    const socket = await world.linked('s1')
    const seen = read(await inspector.open(null))
    await world.settle()
    expect(actors(seen).map(({ name }) => name)).toEqual(['supervisor', 's1', 's1.socket'])
    expect(kinds(seen)).toEqual(['actor', 'actor', 'actor', 'snapshot', 'snapshot', 'snapshot'])
    const [, s1, child] = actors(seen)
    expect(child).toMatchObject({ parentId: s1!.sessionId, rootId: s1!.sessionId })
    socket.report(closedAs('backoff'))
    await world.settle()
    const event = seen.messages.slice(6).find(({ type }) => type === '@xstate.event')
    expect(event).toMatchObject({
      sessionId: s1!.sessionId,
      sourceId: child!.sessionId,
      event: { type: 'socket.closed', code: 428, reasonText: 'Because of network.' },
    })
    expect(last(seen, s1!.sessionId).snapshot.value).toEqual({ reconnecting: 'waiting' })
  })

  it('tells of a session that comes, without the session itself, and of one that was deleted and comes again', async () => {
    const { inspector } = await begin()
    const seen = read(await inspector.open(null))
    const only = read(await inspector.open(['s1']))
    await world.shown('s1')
    const requested = seen.messages.find(
      one => one.type === '@xstate.event' && one.event.type === 'session.requested',
    )
    expect(requested).toMatchObject({ event: { type: 'session.requested', entry: { sessionId: 's1' } } })
    expect(actors(only).map(({ name }) => name)).toEqual(['s1', 's1.socket', 's1.question', 's1.publication'])
    const first = actors(only)[0]!.sessionId
    await world.commands.delete('s1', world.clock.now() + 1000)
    await world.settle()
    expect(last(only, first).snapshot.status).toBe('stopped')
    await world.started('s1')
    const again = actors(only).findLast(({ name }) => name === 's1')!.sessionId
    expect(again).not.toBe(first)
    expect(last(only, again).snapshot.value).toEqual({ starting: 'connecting' })
  })

  it('goes on with the actor that takes the place of one that threw', async () => {
    const victims = new Set<string>()
    const { inspector } = await begin({
      machine: machine => {
        const failing = {
          failQueued: () => {
            if (victims.has('s1')) throw new TypeError('a secret text')
          },
        }
        return machine.provide({ actions: failing } as never) as typeof sessionMachine
      },
    })
    const socket = await world.linked('s1')
    const seen = read(await inspector.open(['s1']))
    await world.settle()
    victims.add('s1')
    socket.report(closedAs('unlinked', 'unlinked'))
    await world.settle()
    const roots = actors(seen).filter(({ name }) => name === 's1')
    expect(roots).toHaveLength(2)
    expect(last(seen, roots[1]!.sessionId).snapshot.value).toEqual({ reconnecting: 'waiting' })
    expect(JSON.stringify(seen.messages)).not.toContain('a secret text')
  })

  it('that throws itself breaks no actor: it is taken off, logged without the message, and its viewers begin anew', async () => {
    let broken = false
    const showEvent: RunningCharts['showEvent'] = event => {
      if (broken) throw new TypeError('a secret text')
      return world.charts.showEvent(event)
    }
    const { inspector, logs } = await begin({}, { showEvent })
    const socket = await world.linked('s1')
    const [hit, spared] = [read(await inspector.open(['s1'])), read(await inspector.open(['s2']))]
    broken = true
    socket.report(closedAs('backoff'))
    await world.settle()
    expect(world.factTypes('s1').slice(-2)).toEqual(['socket.closed', 'laravel.answered'])
    expect([hit.ended, hit.viewing.gone.reason, spared.ended]).toEqual([true, 'failed', false])
    expect(logs.join()).toMatch(/"session_id":"s1".*looks at this actor no more/)
    expect(logs.join()).not.toContain('a secret text')
    broken = false
    const anew = read(await inspector.open(['s1']))
    await world.settle()
    expect(kinds(anew)).toEqual(['actor', 'snapshot'])
  })

  it('that throws at a session which is born hinders no birth', async () => {
    const showSnapshot: RunningCharts['showSnapshot'] = snapshot => {
      if (snapshot?.context?.sessionId === 's1') throw new Error('x')
      return world.charts.showSnapshot(snapshot)
    }
    const { inspector } = await begin({}, { showSnapshot })
    const seen = read(await inspector.open(null))
    await world.linked('s1')
    expect([world.state('s1'), seen.viewing.gone.reason]).toEqual(['open.settling', 'failed'])
    await expect(inspector.open(['s1'])).rejects.toThrow('x')
  })

  it('lets a viewer go that does not read, and keeps nothing for it; the others are told all', async () => {
    const { inspector } = await begin()
    await world.linked('s1')
    const idle = await inspector.open(null)
    const seen = read(await inspector.open(null))
    for (let i = 0; i < 3_000 && !idle.gone.aborted; i++) {
      world.charts.supervisor.send({ type: 'round.ended', at: world.clock.now() })
      if (i % 100 === 0) await world.settle()
    }
    await world.settle()
    expect([idle.gone.reason, seen.ended]).toEqual(['too slow', false])
    const left = []
    for await (const text of idle.messages) left.push(text)
    expect(left).toEqual([])
    expect(seen.messages.length).toBeGreaterThan(4_900)
  })

  it(`shows ${MOST_SESSIONS} sessions to one who names none, to ${MOST_VIEWERS} at most`, async () => {
    const { inspector } = await begin()
    for (let i = 0; i < MOST_SESSIONS + 2; i++) await world.started(`s${i}`)
    const seen = read(await inspector.open(null))
    const chosen = read(await inspector.open([`s${MOST_SESSIONS + 1}`]))
    await world.started('later')
    const roots = actors(seen).filter(({ parentId }) => parentId === undefined)
    expect(roots).toHaveLength(MOST_SESSIONS + 1)
    expect(actors(chosen)[0]!.name).toBe(`s${MOST_SESSIONS + 1}`)
    const more = []
    for (let i = 2; i < MOST_VIEWERS; i++) more.push(await inspector.open([]))
    await expect(inspector.open(null)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' })
    more[0]!.end()
    more[0]!.end()
    await inspector.open(null)
  })

  it('gives a sign of life every 15 s, and lets all go at the end', async () => {
    const { inspector } = await begin()
    const [one, other] = [read(await inspector.open(null)), read(await inspector.open([]))]
    await world.wait(31_000)
    expect([one.beats, other.beats]).toEqual([2, 2])
    inspector.stop()
    const late = await inspector.open(null)
    await world.settle()
    expect([one.ended, other.ended]).toEqual([true, true])
    for (const { gone } of [one.viewing, other.viewing, late]) expect(gone.reason).toBe('shutting down')
  })
})
