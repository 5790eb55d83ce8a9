import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { assign } from 'xstate'
import { SESSION_MACHINE_VERSION, sessionMachine } from '../../machines/session.machine.ts'
import { sessionSetup } from '../../machines/session.setup.ts'
import { UPCASTERS, upcast } from '../../machines/session.upcasters.ts'
import { leafStates } from '../machines/probe.ts'
import { FakeWhatsApp } from '../sessions/fakes.ts'
import { World } from '../sessions/world.ts'
import * as golden from './logs.ts'
import { MADE_UP } from './made-up-version.ts'
import { recordings } from './recordings.ts'

const files = golden.filesInFolder()
const logs = files.map(file => ({ file, rows: golden.parseLog(golden.readLog(file)) }))
const UPDATING = process.env.UPDATE_GOLDEN === '1'

// Other files share the process, and ask what a version nobody knows is told.
beforeAll(() => void Object.assign(UPCASTERS, MADE_UP))
afterAll(() => {
  for (const version of Object.keys(MADE_UP)) delete UPCASTERS[version]
})

/** Records in the real actor host and returns the log of `s1` as the store has it, for a deletion as it was before. */
async function record(name: string): Promise<golden.GoldenRow[]> {
  const { options, record } = recordings[name]!
  let sends = 0
  const ids = vi
    .spyOn(FakeWhatsApp.prototype, 'newMessageId')
    .mockImplementation(() => `3EB0${String(++sends).padStart(18, '0')}`)
  const world = await World.start(options)
  let erased: golden.GoldenRow[] | null = null
  world.disk.onWrite = ({ erase, streamId }) => {
    if (erase === 'stream') erased = world.stored.log.after(streamId, 0, 10_000).map(golden.rowOf)
  }
  try {
    await record(world)
    const rows = erased ?? world.rows().map(golden.rowOf)
    await world.end()
    return rows
  } finally {
    ids.mockRestore()
  }
}

describe('the folder of golden logs', () => {
  it('has every log that was ever recorded, unchanged', () => {
    expect(golden.faults(golden.sums(), files, golden.readLog)).toEqual([])
    expect(files.length).toBeGreaterThan(20)
  })

  it('is found out when a log is missing, changed or not listed', () => {
    const [file] = files as [string]
    const others = files.filter(one => one !== file)
    const more = `${golden.readLog(file)}\n`
    expect(golden.faults(golden.sums(), others, golden.readLog)).toEqual([`${file} is missing`])
    expect(golden.faults(golden.sums(), files, one => (one === file ? more : golden.readLog(one)))).toEqual([
      `${file} was changed`,
    ])
    expect(golden.faults(golden.sums(), [...files, 'x.1.jsonl'], golden.readLog)).toEqual([
      'x.1.jsonl is not listed in SHA256SUMS',
    ])
  })
})

describe.each(Object.keys(recordings))('the recording %s', name => {
  it('is recorded as its newest log', async () => {
    const rows = await record(name)
    expect(golden.differences(rows)).toEqual([])
    const newest = golden.newestOf(name)
    const known = newest === null ? null : golden.parseLog(golden.readLog(newest))
    if (UPDATING) {
      if (JSON.stringify(known) !== JSON.stringify(rows)) golden.addLog(name, rows)
      return
    }
    expect(known, 'see test/golden/README.md').toEqual(rows)
  })
})

describe.each(logs)('$file', ({ rows }) => {
  it('has no gap and folds to the states it holds', () => {
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, i) => i + 1))
    expect(rows[0]).toMatchObject({ type: 'session.created', machine_version: expect.any(String) })
    expect(golden.differences(rows)).toEqual([])
  })

  it('lets a session go on from every row', async () => {
    const world = await World.start()
    world.kill()
    const lives = rows.filter(({ state }) => state !== null).map(({ seq }) => rows.slice(0, seq))
    for (const life of lives) await store(world, life, `after-${life.length}`)
    await world.clock.advance(rows.at(-1)!.at - world.clock.now())
    world.laravel.answer = () => Promise.withResolvers<never>().promise
    await world.boot()
    // One socket opens in each turn of the event loop.
    for (const _ of lives) await world.settle()
    for (const life of lives) goesOn(world, `after-${life.length}`, life.at(-1)!)
    await leave(world)
  })

  it('shows the session as it was after every fact', async () => {
    const world = await World.start()
    await store(world, rows, 's1')
    let shown = rows[0]!
    for (const row of rows) {
      if (row.state !== null) shown = row
      const view = await world.queries.at('s1', row.seq)
      expect(view).toMatchObject({ at: shown.at, state: shown.state })
      expect(view.context).toEqual(JSON.parse(shown.context!))
      expect(view.can.length, view.state).toBeGreaterThan(0)
    }
    await expect(world.queries.at('s1', rows.length + 1)).rejects.toThrow(/has facts 1 to/)
    await leave(world)
  })
})

/** Puts a log into the store under a session id of its own. */
async function store(world: World, rows: golden.GoldenRow[], sessionId: string): Promise<void> {
  const { data, at } = rows[0]!
  const create = { sessionId, userId: data.userId as string | number, at }
  const events = rows.map(row => golden.eventOf(named(row, sessionId)))
  await world.store.commit({ streamId: sessionId, epoch: 1, create, events })
}

const named = (row: golden.GoldenRow, sessionId: string): golden.GoldenRow => ({
  ...row,
  ...(row.type === 'session.created' && { data: { ...row.data, sessionId } }),
  ...(row.context !== null && { context: JSON.stringify({ ...JSON.parse(row.context), sessionId }) }),
})

/** Where the machine has nothing to do after a restart. */
const AT_REST = /^awaitingQr\.(refused|expired)$/

/** A new process has begun on a log that ended with `last`: the session lives as it was and has taken `session.resumed`. */
function goesOn(world: World, sessionId: string, last: golden.GoldenRow): void {
  const events = world.stored.log.after(sessionId, last.seq, 10_000)
  const context = JSON.parse(named(last, sessionId).context!)
  const live = world.whatsapp.liveSockets(sessionId)
  if (context.intent === 'delete' && last.state!.startsWith('loggedOut')) {
    expect(world.stored.log.after(sessionId, 0, 10).map(({ type }) => type)).toEqual(['session.deleted'])
  } else if (AT_REST.test(last.state!)) {
    expect(events).toEqual([])
    expect(world.entry(sessionId).actor).toMatchObject(golden.today(named(last, sessionId)))
    expect(live).toEqual([])
  } else {
    const resumed = events[0]
    expect(resumed, `${last.seq} ${last.state}`).toMatchObject({ seq: last.seq + 1, type: 'session.resumed' })
    const { state } = resumed!.snapshot!
    expect(golden.differences([named(last, sessionId), golden.rowOf(resumed!)])).toEqual([])
    expect(world.entry(sessionId).actor.state).toBe(
      events.findLast(({ snapshot }) => snapshot)!.snapshot!.state,
    )
    // Of those whose version WhatsApp refused one tries, and the others wait for what it hears.
    const { state: now } = world.entry(sessionId).actor
    expect(live, state).toHaveLength(now === 'starting.connecting' ? 1 : 0)
  }
}

/** Nothing runs any more, and the logs are gone: the world's own fold knows today's version only. */
async function leave(world: World): Promise<void> {
  world.kill()
  for (const { streamId, epoch, lastSeq, createdAt } of [...world.stored.sessions.all()]) {
    const tombstone = { seq: lastSeq + 1, at: createdAt, type: 'session.deleted', data: {}, snapshot: null }
    await world.store.commit({ streamId, epoch, erase: 'stream', events: [tombstone] })
  }
  await world.end()
}

describe('all logs of the current version together', () => {
  const rows = logs.flatMap(log => log.rows).filter(row => row.machine_version === SESSION_MACHINE_VERSION)

  it('visit every state of the machine', () => {
    expect([...new Set(rows.map(({ state }) => state))].sort()).toEqual(leafStates.sort())
  })

  it('hold every kind of fact', () => {
    const types = new Set(
      logs.flatMap(log => log.rows).map(({ type }) => type.replace(/^(xstate\.after\.\w+).*/, '$1')),
    )
    const accepted = new Set(
      below(sessionMachine.root).flatMap(node =>
        [...node.transitions.keys()].filter(type => !type.includes('*')),
      ),
    )
    accepted.delete('message.queued')
    const named = [...accepted].map(type => type.replace(/^(xstate\.after\.\w+).*/, '$1'))
    expect(named.filter(type => !types.has(type))).toEqual([])
    for (const step of [
      'received',
      'imported',
      'queued',
      'transmitted',
      'sent',
      'delivered',
      'read',
      'played',
    ])
      expect(types).toContain(`message.${step}`)
    expect(types).toContain('message.unknown')
    expect(types).toContain('message.failed')
  })
})

type Node = typeof sessionMachine.root
const below = (node: Node): Node[] => [node, ...Object.values(node.states).flatMap(one => below(one as Node))]

describe('a log of an older version', () => {
  it('is brought up to today step by step, and today’s is left as it is', () => {
    const [row] = golden.parseLog(golden.readLog('made-up-version-0.1.jsonl'))
    const restored = golden.today(row!)
    expect(restored).toMatchObject({
      state: 'starting.connecting',
      context: { attempts: 0, reachOutLock: null },
    })
    expect(upcast({ ...restored, machineVersion: SESSION_MACHINE_VERSION } as never)).toEqual(restored)
  })

  it('of a version that nothing understands is refused in a sentence, not guessed at', () => {
    const row = { state: 'open.settled', context: {}, machineVersion: '99' }
    expect(() => upcast(row)).toThrow(/version 99/)
  })

  it('has a step for every version that logs were recorded with, and each leads to a state of the chart', () => {
    for (const { rows } of logs)
      for (const row of rows.filter(({ state }) => state !== null)) {
        const { state } = golden.today(row)
        expect(
          leafStates.some(leaf => leaf === state || leaf.startsWith(`${state}.`)),
          state,
        ).toBe(true)
      }
  })
})

describe('a change of the machine without a new version', () => {
  const all = logs.map(({ rows }) => rows)
  const found = (machine: typeof sessionMachine) => all.flatMap(rows => golden.differences(rows, machine))
  const { config } = sessionMachine

  it('is noticed in an assign', () => {
    const settled = assign({ attempts: 1, restarts: 0 })
    const changed = sessionMachine.provide({ actions: { noteSettled: settled } } as never)
    expect(found(changed as typeof sessionMachine)).toContainEqual(
      expect.stringMatching(/^\d+ xstate\.after\.settle\.\S+: .*"attempts":1.*, not .*"attempts":0/),
    )
  })

  it('is noticed in a guard', () => {
    const changed = sessionMachine.provide({
      guards: { failsToLogIn: () => false },
    } as never)
    expect(found(changed as typeof sessionMachine)).toContainEqual(
      expect.stringMatching(/^\d+ socket\.closed: reconnecting\.verifying, not reconnecting\.suspended/),
    )
  })

  it('is noticed in the target of a transition', () => {
    const on = {
      ...config.on,
      'session.crashed': { target: '.reconnecting.suspended', actions: 'noteCrashed' },
    }
    const changed = sessionSetup.createMachine({ ...config, on } as never)
    expect(found(changed as never)).toContainEqual(
      expect.stringMatching(/session\.crashed: reconnecting\.suspended\.resting, not reconnecting\.waiting/),
    )
  })

  it('is not reported when nothing was changed', () => {
    expect(found(sessionSetup.createMachine(config as never) as never)).toEqual([])
  })
})
