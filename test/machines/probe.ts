import { type AnyActorRef, type AnyStateNode, createActor, fromCallback, type SnapshotFrom } from 'xstate'
import type { Reaction, Reason, SessionEvent, SessionFact } from '../../machines/facts.ts'
import type { SessionContext } from '../../machines/session.context.ts'
import { sessionMachine } from '../../machines/session.machine.ts'
import { dottedState, stateValue } from '../../machines/session.state.ts'
import { sessionDelays, throttledBy } from '../../machines/session.timers.ts'
import { createTestClock, type TestClock } from '../base/clock.ts'

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export const QR = { throttleMs: 30 * SECOND, expiryMs: 60 * SECOND }

/** Something the machine started: a socket, a question or a publication. */
export interface Child {
  at: number
  alive: boolean
  /** The hash of a publication. */
  hash?: string
  /** How often a socket was asked to unlink. */
  logouts: number
  /** What else it was told. */
  commands: string[]
}

const recordedActions = [
  'eraseCredentials',
  'eraseCredentialsIfDue',
  'deleteSession',
  'deleteSessionIfOwed',
  'failQueued',
]

/** One session machine on a simulated clock; what it would do outside is written down instead. */
export class Probe {
  readonly clock: TestClock
  readonly sessionId: string
  readonly sockets: Child[] = []
  readonly questions: Child[] = []
  readonly publications: Child[] = []
  /** Named effects in order of execution, with the state before them. */
  readonly effects: { name: string; context: SessionContext; event: string }[] = []
  /** Every event that the machine took, timers included, with what came of it. */
  readonly log: { event: SessionEvent; from: string; state: string; context: SessionContext }[] = []
  readonly #machine
  #actor: AnyActorRef

  constructor(sessionId = 's1', clock = createTestClock()) {
    this.clock = clock
    this.sessionId = sessionId
    const child = (list: Child[]) =>
      fromCallback<{ type: string }, { hash?: string }>(({ input, receive }) => {
        const one: Child = {
          at: clock.now(),
          alive: true,
          logouts: 0,
          commands: [],
          ...(input.hash && { hash: input.hash }),
        }
        list.push(one)
        receive(({ type }) => (type === 'logout' ? one.logouts++ : one.commands.push(type)))
        return () => {
          one.alive = false
        }
      })
    this.#machine = sessionMachine.provide({
      actors: {
        socket: child(this.sockets) as never,
        askLaravel: child(this.questions) as never,
        publishQr: child(this.publications) as never,
      },
      guards: { isThrottled: throttledBy(QR) as () => boolean },
      delays: sessionDelays(QR, clock.now) as never,
      actions: Object.fromEntries(
        recordedActions.map(name => [
          name,
          ({ context, event }: { context: SessionContext; event: { type: string } }) =>
            this.effects.push({ name, context, event: event.type }),
        ]),
      ) as never,
    }) as typeof sessionMachine
    this.#actor = createActor(this.#machineWithTimes(), {
      input: { sessionId, userId: 7, at: clock.now() },
      clock: clock as never,
    })
    this.#actor.start()
  }

  /** XState's own logic with the time on every event, as the host does. */
  #machineWithTimes(): typeof sessionMachine {
    const machine = this.#machine
    const withTimes = Object.create(machine) as typeof sessionMachine
    withTimes.transition = (snapshot, event, scope) => {
      if (event.type.startsWith('xstate.init') || event.type.startsWith('xstate.stop'))
        return machine.transition(snapshot, event, scope)
      const stamped = { ...event, at: this.clock.now() } as SessionEvent
      if (!snapshot.can(stamped)) return snapshot
      const next = machine.transition(snapshot, stamped, scope)
      if (next.status === 'error') throw next.error
      this.log.push({
        event: stamped,
        from: dottedState(snapshot.value),
        state: dottedState(next.value),
        context: next.context,
      })
      return next
    }
    return withTimes
  }

  get snapshot(): SnapshotFrom<typeof sessionMachine> {
    return this.#actor.getSnapshot() as never
  }

  get state(): string {
    return dottedState(this.snapshot.value)
  }

  get context(): SessionContext {
    return this.snapshot.context
  }

  can(fact: SessionFact | { type: 'message.queued' }): boolean {
    return this.snapshot.can({ ...fact, at: this.clock.now() } as SessionEvent)
  }

  send(...facts: SessionFact[]): this {
    for (const fact of facts) this.#actor.send(fact)
    return this
  }

  async wait(ms: number): Promise<this> {
    await this.clock.advance(ms)
    return this
  }

  /** Waits until the next try is due. */
  waitForRetry(): Promise<this> {
    return this.wait(Math.max(0, this.context.retryAt! - this.clock.now()))
  }

  /** The process dies, `awayMs` pass, and the session goes on from its newest row. */
  async restart(awayMs = 0): Promise<this> {
    const { state } = this
    const context = JSON.parse(JSON.stringify(this.context)) as SessionContext
    this.#actor.stop()
    await this.clock.advance(awayMs)
    const resolved = this.#machine.resolveState({ value: stateValue(state) as never, context })
    this.#actor = createActor(this.#machineWithTimes(), {
      input: { sessionId: this.sessionId, userId: 7, at: context.createdAt },
      snapshot: this.#machine.getPersistedSnapshot(resolved) as never,
      clock: this.clock as never,
    })
    this.#actor.start()
    return this.send({ type: 'session.resumed' })
  }

  stop(): void {
    this.#actor.stop()
  }

  /**
   * WhatsApp and Laravel work again and answer all that is begun from now on; nobody calls for `ms`. Sockets and questions that are
   * under way hang for ever; whoever stands in our own queue gets a turn.
   */
  async goesOnAlone(ms: number, word: Said['said'] = 'active', step = 5 * MINUTE): Promise<this> {
    const hung = new Set([...this.sockets, ...this.questions].filter(({ alive }) => alive))
    const end = this.clock.now() + ms
    while (this.clock.now() < end && !isHome(this)) {
      const [{ socket }, acted] = [this, this.log.length]
      if (this.state === 'starting.queued') this.send(fact('connect.begun'))
      if (socket !== undefined && !hung.has(socket)) {
        if (this.state === 'starting.connecting') this.send(opened)
        if (this.state === 'open.unlinking') this.send(fact('logout.confirmed'))
      }
      const question = this.questions.findLast(({ alive }) => alive)
      if (question !== undefined && !hung.has(question)) this.send(said(word))
      if (this.log.length === acted) await this.wait(step)
    }
    return this
  }

  /** The only socket that lives, if there is one. */
  get socket(): Child | undefined {
    return this.sockets.findLast(({ alive }) => alive)
  }

  get asking(): boolean {
    return this.questions.some(({ alive }) => alive)
  }

  /** The QR whose publication runs. */
  get publishing(): string | undefined {
    return this.publications.findLast(({ alive }) => alive)?.hash
  }

  timesRun(name: string): number {
    return this.effects.filter(effect => effect.name === name).length
  }
}

/** Open, or unlinked as it was asked for. */
export const isHome = ({ state, context: { intent } }: Probe): boolean =>
  intent === 'none' ? /^open\.settl/.test(state) : state.startsWith('loggedOut')

export const qr = (hash: string, expiresAt = Number.MAX_SAFE_INTEGER): SessionFact => ({
  type: 'socket.qr',
  hash,
  expiresAt,
})
/** WhatsApp made a QR void; this one is shown in its place. */
export const replacement = (hash: string, replaces: string): SessionFact => ({
  ...(qr(hash) as Extract<SessionFact, { type: 'socket.qr' }>),
  replaces,
})
export const paired: SessionFact = { type: 'socket.paired', waId: '34600000001', lid: '1@lid' }
export const opened: SessionFact = {
  type: 'socket.opened',
  waId: '34600000001',
  lid: '1@lid',
  pushName: 'Ana',
}
export const closed = (reaction: Reaction, reason = 'network', until: number | null = null): SessionFact => ({
  type: 'socket.closed',
  code: 428,
  reaction,
  reason: reason as Reason,
  reasonText: `Because of ${reason}.`,
  until,
})
type Said = Extract<SessionFact, { type: 'laravel.answered' }>
export const said = (word: Said['said'], told: Said['told'] = null): SessionFact => ({
  type: 'laravel.answered',
  said: word,
  told,
})
export const published = (hash: string): SessionFact => ({ type: 'qr.published', hash })
export const publishFailed = (hash: string): SessionFact => ({ type: 'qr.publishFailed', hash })
export const idled = (policy: 'keep' | 'hibernate' | 'delete'): SessionFact => ({
  type: 'session.idled',
  policy,
})
export const fact = (
  type:
    | 'start.requested'
    | 'restart.requested'
    | 'logout.requested'
    | 'delete.requested'
    | 'wake.requested'
    | 'logout.confirmed'
    | 'connect.queued'
    | 'connect.begun'
    | 'session.resumed'
    | 'version.accepted'
    | 'passkey.submitted'
    | 'passkey.codeShown'
    | 'passkey.proved'
    | 'passkey.confirmed'
    | 'passkey.cancelled',
): SessionFact => ({ type })
export const crashed: SessionFact = { type: 'session.crashed', error: 'TypeError' }
export const crashedTooOften: SessionFact = { type: 'crashes.exceeded', error: 'TypeError' }

export const passkeyAsked = (expiresAt: number): SessionFact => ({ type: 'passkey.asked', expiresAt })
export const passkeyFailed: SessionFact = {
  type: 'passkey.failed',
  reason: 'passkey_refused',
  reasonText: 'WhatsApp refused the passkey.',
}

/** A session whose QR `hash` is on the screen. */
export function shown(hash = 'a', probe = new Probe()): Probe {
  return probe.send(qr(hash), said('active'), published(hash))
}

/** A session whose phone has scanned, and of which WhatsApp demands a passkey. */
export function asked(probe = shown()): Probe {
  return probe.send(passkeyAsked(probe.clock.now() + 10 * MINUTE))
}

/** A session that a phone has linked and that just opened. */
export function linked(probe = new Probe()): Probe {
  return shown('a', probe).send(paired, closed('reconnectNow', 'restart'), opened)
}

const below = (node: AnyStateNode): AnyStateNode[] => [node, ...Object.values(node.states).flatMap(below)]

/** Every node of the chart, and the dotted names of those that have none below. */
export const stateNodes = below(sessionMachine.root as never)
export const leafStates = stateNodes.filter(({ type }) => type === 'atomic').map(({ path }) => path.join('.'))

/** How each leaf state is reached, for tests that look at all of them. */
export const pathTo: Record<string, () => Probe | Promise<Probe>> = {
  'starting.connecting': () => new Probe(),
  'starting.queued': () => new Probe().send(fact('connect.queued')),
  'awaitingQr.verifying.asking': () => new Probe().send(qr('a')),
  'awaitingQr.verifying.pausing': () => new Probe().send(qr('a'), said('unknown')),
  'awaitingQr.publishing.offering': () => new Probe().send(qr('a'), said('active')),
  'awaitingQr.publishing.pausing': () => new Probe().send(qr('a'), said('active'), publishFailed('a')),
  'awaitingQr.shown.throttled': () => shown(),
  'awaitingQr.shown.ready': () => shown().wait(30 * SECOND),
  'awaitingQr.passkey.required': () => asked(),
  'awaitingQr.passkey.submitting': () => asked().send(fact('passkey.submitted')),
  'awaitingQr.passkey.confirm': () => asked().send(fact('passkey.submitted'), fact('passkey.codeShown')),
  'awaitingQr.passkey.finishing': () => asked().send(fact('passkey.submitted'), fact('passkey.proved')),
  'awaitingQr.linking': () => shown().send(paired),
  'awaitingQr.refused': () => new Probe().send(qr('a'), said('inactive')),
  'awaitingQr.expired': () => new Probe().send(qr('a'), closed('qrExhausted', 'qr_exhausted')),
  'open.settling': () => linked(),
  'open.settled': () => linked().wait(5 * MINUTE),
  'open.unlinking': () => linked().send(fact('logout.requested')),
  'reconnecting.verifying': () => linked().send(closed('backoff')),
  'reconnecting.waiting': () => linked().send(closed('backoff'), said('active')),
  'reconnecting.hibernated': () => linked().send(idled('hibernate')),
  'reconnecting.suspended.resting': () => linked().send(closed('suspend', 'temporary_ban')),
  'reconnecting.suspended.asking': () =>
    linked()
      .send(closed('backoff'), said('inactive'))
      .wait(15 * MINUTE),
  'loggedOut.unlinked': () => linked().send(closed('unlinked', 'unlinked')),
  'loggedOut.banned': () => linked().send(closed('banned', 'banned')),
  'loggedOut.neverLinked': () => new Probe().send(fact('logout.requested')),
}
