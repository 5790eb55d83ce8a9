import { afterAll, afterEach, expect, it } from 'vitest'
import { initialContext } from '../../machines/session.context.ts'
import { SESSION_MACHINE_VERSION } from '../../machines/session.machine.ts'
import { createLogger } from '../../src/base/logger.ts'
import type { NewEvent } from '../../src/ports/event-log.ts'
import { createOverview } from '../../src/sessions/overview.ts'
import { createQueries } from '../../src/sessions/queries.ts'
import { Quarantine } from '../../src/sessions/supervisor/quarantine.ts'
import { createTestClock } from '../base/clock.ts'
import { describeWithPostgres } from '../postgres.ts'
import { created, living } from '../store/facts.ts'
import { TestSchema } from '../store/postgres/test-schema.ts'

const SHOP = { sessionId: 'shop', userId: 42, at: 1_000 }

/** The newest row of a session that is open, and that every node can read. */
const open = (seq: number): NewEvent => ({
  ...{ seq, at: 1_000 + seq, type: 'session.resumed', data: {} },
  snapshot: {
    state: 'open.settled',
    context: JSON.stringify(initialContext(SHOP)),
    machineVersion: SESSION_MACHINE_VERSION,
  },
})

await describeWithPostgres('A session that its node cannot run, though its row is well', () => {
  const schema = new TestSchema()
  afterEach(() => schema.empty())
  afterAll(() => schema.drop())

  /** A node with what it knows in memory: its own quarantine. */
  async function node() {
    const store = await schema.open()
    const logger = createLogger({ level: 'silent', format: 'json' })
    const quarantine = new Quarantine({
      ...{ store, logger, clock: createTestClock(), tellLaravel: false, onDelivery: () => {} },
    })
    const supervisor = {
      stats: () => {
        throw new Error('nobody asks')
      },
      whyUnreadable: (sessionId: string) => quarantine.whyOf(sessionId),
    }
    const queries = createQueries(store, supervisor)
    const overview = createOverview(store, supervisor)
    const told = async () => ({
      one: await queries.get('shop'),
      listed: (await queries.list({ limit: 9 })).sessions,
      filtered: (await queries.list({ limit: 9, state: 'reconnecting' })).count,
      page: (await overview.page('', 9)).sessions,
    })
    return { store, quarantine, told }
  }

  it('stands still at every node, with the same reason, until it runs again', async () => {
    const [owner, other] = [await node(), await node()]
    await owner.store.commit(created('shop'))
    await owner.store.commit({ streamId: 'stream-of-shop', epoch: 1, events: [open(2)] })
    expect(await other.told()).toMatchObject({ one: { state: 'open', reason: null } })

    await owner.quarantine.take(await living(owner.store, 'shop'), new TypeError('a key is no key'))
    const standing = { state: 'reconnecting', detail: 'suspended', estadoQr: 'inactive' }
    const why = { reason: 'unreadable', reasonText: expect.stringMatching(/^Its stored data cannot be used/) }
    expect(await other.told()).toMatchObject({ one: { ...standing, ...why }, filtered: 1 })
    expect(await other.told()).toEqual(await owner.told())

    const { epoch } = await living(owner.store, 'shop')
    await owner.store.commit({ streamId: 'stream-of-shop', epoch, events: [open(4)] })
    owner.quarantine.release('shop')
    expect(await other.told()).toMatchObject({ one: { state: 'open', reason: null }, filtered: 0 })
    expect(await other.told()).toEqual(await owner.told())
  })

  it('whose log says that it stands still, by a version that did not say why to others, is told to them', async () => {
    const [owner, other] = [await node(), await node()]
    await owner.store.commit(created('shop'))
    const events = [open(2), { ...open(3), type: 'session.quarantined', snapshot: null }]
    await owner.store.commit({ streamId: 'stream-of-shop', epoch: 1, events, listedAs: 'reconnecting' })
    await owner.quarantine.take(await living(owner.store, 'shop'), 'Newer.')
    expect(await other.told()).toMatchObject({ one: { state: 'reconnecting', reasonText: 'Newer.' } })
    expect(await living(owner.store, 'shop')).toMatchObject({ lastSeq: 3 })
  })
})
