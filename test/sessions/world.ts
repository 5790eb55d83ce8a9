import { randomBytes } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { expect } from 'vitest'
import type { SessionContext } from '../../machines/session.context.ts'
import type { sessionMachine } from '../../machines/session.machine.ts'
import { throttledBy } from '../../machines/session.timers.ts'
import type { Clock } from '../../src/base/clock.ts'
import { createLogger } from '../../src/base/logger.ts'
import type { AccountEventType } from '../../src/messages/account-event.ts'
import type { Mailbox } from '../../src/ports/cluster/mailbox.ts'
import type { StoredEvent } from '../../src/ports/event-log.ts'
import type { MediaPreparer } from '../../src/ports/media/media-preparer.ts'
import type { Store } from '../../src/ports/store.ts'
import type { SocketFact } from '../../src/ports/whatsapp.ts'
import { createCommands } from '../../src/sessions/commands.ts'
import { bindEffects } from '../../src/sessions/effects/bind-effects.ts'
import { createConnectLimiter } from '../../src/sessions/effects/connect-limiter.ts'
import { VersionBreaker } from '../../src/sessions/effects/version-breaker.ts'
import { createCharts } from '../../src/sessions/inspection/charts.ts'
import { createQueries } from '../../src/sessions/queries.ts'
import { SessionRegistry } from '../../src/sessions/registry.ts'
import { Supervisor } from '../../src/sessions/supervisor/supervisor.ts'
import { createPasskeyVault } from '../../src/whatsapp/linking/passkey/passkey-vault.ts'
import { createQrVault } from '../../src/whatsapp/linking/qr-vault.ts'
import { createTestClock, type TestClock } from '../base/clock.ts'
import { FakeLaravel, type FakeSocket, FakeWhatsApp } from './fakes.ts'
import { checkFold } from './fold.ts'
import { MemoryStore } from './memory-store.ts'

export interface WorldOptions {
  policy?: 'keep' | 'hibernate' | 'delete'
  connect?: { concurrency: number; perSecond: number }
  tellLaravel?: boolean
  sendMaxAgeMs?: number
  tellStatus?: boolean
  tellPasskeys?: boolean
  /** LARAVEL_EVENTS at a replay. */
  accountEvents?: AccountEventType[]
  sendPerMinute?: number
  /** Several nodes share the store. */
  mailbox?: Mailbox
  /** Changes the machine before it is bound, for faults. */
  machine?: (machine: typeof sessionMachine) => typeof sessionMachine
}

export const QR_TIMES = { throttleMs: 30_000, expiryMs: 60_000 }
const GUARDS = { isThrottled: throttledBy(QR_TIMES) as () => boolean }
const NEVER = new Promise<never>(() => {})

/** The parts of one run of the process on the world's store: what app.ts wires, with the fakes at its ports. */
function createParts(world: World) {
  const { options, clock: outer, store: real } = world
  const run = { killed: false }
  const clock: Clock = {
    now: outer.now,
    setTimeout: (fn, ms) => outer.setTimeout(() => run.killed || fn(), ms),
    clearTimeout: id => outer.clearTimeout(id),
  }
  const store: Store = {
    ...real,
    commit: write => (run.killed ? NEVER : real.commit(write)),
    claim: streamId => (run.killed ? NEVER : real.claim(streamId)),
  }
  const vault = createQrVault(clock)
  const passkeys = createPasskeyVault(clock, randomBytes(32))
  const whatsapp = new FakeWhatsApp(vault, store)
  const logger = createLogger(
    { level: 'trace', format: 'json' },
    { write: line => void world.logs.push(line) },
  )
  const tellLaravel = options.tellLaravel ?? true
  const connects = createConnectLimiter(options.connect ?? { concurrency: 1000, perSecond: 1_000_000 }, clock)
  const registry = new SessionRegistry()
  const versions = new VersionBreaker({
    clock,
    logger,
    onAccepted: () => registry.tellAll({ type: 'version.accepted' }),
  })
  const bound = bindEffects({
    whatsapp,
    laravel: world.laravel,
    vault,
    passkeys,
    store,
    clock,
    connects,
    versions,
    qr: QR_TIMES,
    tellLaravel,
    registry,
  })
  const supervisor: Supervisor = new Supervisor({
    registry,
    store,
    clock,
    logger,
    whatsapp,
    media: { prepare: content => world.prepare(content) },
    machine: options.machine?.(bound) ?? bound,
    tellLaravel,
    sendMaxAgeMs: options.sendMaxAgeMs ?? 3_600_000,
    tellStatus: options.tellStatus ?? false,
    tellPasskeys: options.tellPasskeys ?? false,
    sendPerMinute: options.sendPerMinute ?? 0,
    mailbox: options.mailbox,
    idle: { afterMs: 30 * 60_000, policy: options.policy ?? 'keep', reapEveryMs: 60_000 },
    onDead: why => void world.deaths.push(why),
    onDelivery: lane => void world.wokenLanes.push(lane),
  })
  const queries = createQueries(store, supervisor, options.mailbox)
  return {
    run,
    connects,
    versions,
    vault,
    passkeys,
    whatsapp,
    supervisor,
    charts: createCharts(registry, supervisor),
    queries,
    commands: createCommands({
      ...{ supervisor, queries, store, vault, passkeys, clock, whatsapp, mailbox: options.mailbox ?? null },
      accountEvents: options.accountEvents ?? ['call', 'group', 'contact'],
    }),
  }
}

/** Sessions with everything real but the ports: store in memory, WhatsApp and Laravel driven by the test. */
export class World {
  readonly options: WorldOptions
  readonly clock: TestClock = createTestClock()
  readonly disk = new MemoryStore(this.clock.now)
  /** What is committed, read at once: for what a test expects. */
  readonly stored = this.disk.stored
  readonly laravel = new FakeLaravel()
  readonly wokenLanes: string[] = []
  readonly logs: string[] = []
  readonly unhandled: unknown[] = []
  readonly deaths: string[] = []
  /** Makes the file of a send ready; at once, unless the test says otherwise. */
  prepare: MediaPreparer['prepare'] = async ({ media }) => ({ ...media, ready: true })
  readonly #note = (error: unknown) => void this.unhandled.push(error)
  #parts: ReturnType<typeof createParts>

  private constructor(options: WorldOptions) {
    this.options = options
    this.#parts = createParts(this)
    process.on('unhandledRejection', this.#note)
    process.on('uncaughtException', this.#note)
  }

  static async start(options: WorldOptions = {}): Promise<World> {
    const world = new World(options)
    await world.supervisor.start()
    return world
  }

  get store(): Store {
    return this.disk.store
  }
  get whatsapp(): FakeWhatsApp {
    return this.#parts.whatsapp
  }
  get supervisor(): Supervisor {
    return this.#parts.supervisor
  }
  get charts() {
    return this.#parts.charts
  }
  get commands() {
    return this.#parts.commands
  }
  get queries() {
    return this.#parts.queries
  }
  get connects() {
    return this.#parts.connects
  }
  get versions() {
    return this.#parts.versions
  }
  get vault() {
    return this.#parts.vault
  }

  /** Lets everything that can happen now happen; the clock stands. */
  async settle(): Promise<void> {
    for (let i = 0; i < 24; i++) await setImmediate()
  }

  async wait(ms: number): Promise<void> {
    await this.settle()
    await this.clock.advance(ms)
    await this.settle()
  }

  /** The process is killed: nothing is written any more, nothing runs on. */
  kill(): void {
    this.#parts.run.killed = true
  }

  /** As on SIGTERM. */
  async stop(): Promise<void> {
    await this.supervisor.stop()
    this.#parts.run.killed = true
    await this.settle()
    expect(this.whatsapp.liveSockets()).toEqual([])
  }

  /** A new process on the same store; `before` sees its parts before they start. */
  async boot(before: (world: World) => void = () => {}): Promise<void> {
    this.#parts = createParts(this)
    before(this)
    await this.supervisor.start()
    await this.settle()
  }

  // ------------------------------------------------------------------ what happens to a session

  async started(sessionId = 's1', userId: string | number = 7): Promise<FakeSocket> {
    await this.commands.start({ sessionId, userId })
    await this.settle()
    return this.whatsapp.socketOf(sessionId)
  }

  /** A session whose QR `a` is on the screen. */
  async shown(sessionId = 's1'): Promise<FakeSocket> {
    const socket = await this.started(sessionId)
    socket.qr('a', this.clock.now() + 60_000)
    await this.settle()
    expect(this.state(sessionId)).toBe('awaitingQr.shown.throttled')
    return socket
  }

  /** A session that a phone has linked and that is open. */
  async linked(sessionId = 's1'): Promise<FakeSocket> {
    const first = await this.shown(sessionId)
    first.report(
      { type: 'socket.paired', waId: '34600000001', lid: '1@lid' },
      closedAs('reconnectNow', 'restart'),
    )
    await this.settle()
    return this.openSocket(sessionId)
  }

  /** The session's socket opens. */
  async openSocket(sessionId = 's1'): Promise<FakeSocket> {
    const socket = this.whatsapp.socketOf(sessionId)
    socket.report(opened)
    await this.settle()
    return socket
  }

  /** Waits out the backoff of a session. */
  async waitForRetry(sessionId = 's1'): Promise<void> {
    const { retryAt } = this.context(sessionId)
    await this.wait(Math.max(0, retryAt! - this.clock.now()))
  }

  // ------------------------------------------------------------------ views

  /** As it is committed. */
  state(sessionId = 's1'): string | null {
    return this.stored.sessions.find(sessionId)?.state ?? null
  }

  context(sessionId = 's1'): SessionContext {
    return JSON.parse(this.stored.sessions.find(sessionId)!.context) as SessionContext
  }

  entry(sessionId = 's1') {
    const entry = this.supervisor.find(sessionId)
    if (entry === undefined) throw new Error(`${sessionId} does not run`)
    return entry
  }

  rows(sessionId = 's1'): StoredEvent[] {
    return this.stored.log.after(this.stored.sessions.find(sessionId)!.streamId, 0, 100_000)
  }

  factTypes(sessionId = 's1'): string[] {
    return this.rows(sessionId).map(({ type }) => type)
  }

  /** Statuses put into deliveries so far, replaced ones included. */
  statuses(sessionId = 's1'): string[] {
    return this.disk.committed
      .flatMap(({ deliveries = [] }) => deliveries)
      .filter(delivery => delivery.kind === 'status' && delivery.sessionId === sessionId)
      .map(({ payload }) => payload!.estado_qr as string)
  }

  /** Laravel takes what is pending in the session's own lane. */
  async deliverStatus(sessionId = 's1'): Promise<string | null> {
    const { streamId } = this.stored.sessions.find(sessionId)!
    const head = this.stored.deliveries.head(streamId)
    if (head === null) return null
    const estadoQr = head.payload.estado_qr as 'active'
    await this.store.deliveries.settle(head.id, {
      done: true,
      acceptedStatus: { streamId, estadoQr, at: this.clock.now() },
    })
    return estadoQr
  }

  // ------------------------------------------------------------------ what always holds

  /** Facts of messages were removed for their age: the log has gaps. */
  factsRemoved = false

  /** A session's log is what the pure machine makes of its facts. */
  checkLog(sessionId: string): void {
    checkFold(this.rows(sessionId), { gaps: this.factsRemoved, guards: GUARDS })
  }

  /** What was counted as it happened is what counting all sessions gives. */
  checkStats(): void {
    const rows = [...this.stored.sessions.all()]
    const now = this.clock.now()
    const byState: Record<string, number> = {}
    for (const { state } of rows) {
      const top = state.split('.')[0]!
      byState[top] = (byState[top] ?? 0) + 1
    }
    expect(this.supervisor.stats()).toEqual({
      sessions: {
        totalSessions: rows.length,
        activeSessions: byState.open ?? 0,
        inactiveSessions: rows.filter(({ lastActivity }) => lastActivity < now - 300_000).length,
        oldestSession: rows.length === 0 ? 0 : now - Math.min(...rows.map(({ createdAt }) => createdAt)),
      },
      qr: {
        pendingQR: rows.filter(({ state }) => state.startsWith('awaitingQr.publishing')).length,
        trackedSessions: rows.filter(
          ({ context }) => (JSON.parse(context) as SessionContext).qr.published !== null,
        ).length,
      },
      byState,
    })
  }

  /** Leaves it as it is, broken. */
  leave(): void {
    this.kill()
    process.off('unhandledRejection', this.#note)
    process.off('uncaughtException', this.#note)
  }

  /** Stops everything and checks what holds after every story. */
  async end(): Promise<void> {
    await this.settle()
    const living = [...this.stored.sessions.all()]
    for (const { sessionId } of living.slice(0, 100)) this.checkLog(sessionId)
    const before = living.map(({ lastSeq }) => lastSeq)
    if (!this.#parts.run.killed) {
      this.checkStats()
      this.disk.repair()
      this.disk.releaseWrites()
      await this.stop()
      expect([...this.stored.sessions.all()].map(({ lastSeq }) => lastSeq)).toEqual(before)
    }
    process.off('unhandledRejection', this.#note)
    process.off('uncaughtException', this.#note)
    expect(this.whatsapp.violations).toEqual([])
    expect(this.whatsapp.sockets.filter(({ endCalls }) => endCalls > 1)).toEqual([])
    expect(this.unhandled).toEqual([])
    expect(this.logs.join('')).not.toMatch(/secret text|secret code|body of/)
  }
}

export const opened: SocketFact = {
  type: 'socket.opened',
  waId: '34600000001',
  lid: '1@lid',
  pushName: 'Ana',
}
type Closed = Extract<SocketFact, { type: 'socket.closed' }>
export const closedAs = (reaction: Closed['reaction'], reason = 'network'): Closed => ({
  type: 'socket.closed',
  code: 428,
  reaction,
  reason: reason as Closed['reason'],
  reasonText: `Because of ${reason}.`,
})
