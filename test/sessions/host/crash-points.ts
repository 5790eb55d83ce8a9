import { initialTransition, type SnapshotFrom, transition } from 'xstate'
import { sessionMachine } from '../../../machines/session.machine.ts'
import { type MessageStatus, movesForward } from '../../../src/messages/status.ts'
import type { StoredEvent } from '../../../src/ports/event-log.ts'
import type { Store, Write } from '../../../src/ports/store.ts'
import { foldable } from '../../golden/logs.ts'
import { type FakeSocket, incoming } from '../fakes.ts'
import { opened, type World } from '../world.ts'

interface Waiting {
  write: Write
  resolve: () => void
  reject: (error: unknown) => void
}

/** A slow disk before the world's store: what is handed over waits in line, and a death leaves any beginning of the line durable. */
export class DyingDisk {
  held = false
  onCommitted: (write: Write) => void = () => {}
  readonly #commit: Store['commit']
  /** Resolves before anything is durable: a store that a test must find out. */
  readonly #resolvesEarly: boolean
  #waiting: Waiting[] = []

  constructor(store: Store, resolvesEarly = false) {
    this.#commit = store.commit
    this.#resolvesEarly = resolvesEarly
    store.commit = write => this.#take(write)
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** The oldest writes become durable; `quietly`: nobody lives who could be told. */
  async flush(most = this.waiting, quietly = false): Promise<void> {
    const some = this.#waiting.splice(0, most)
    await Promise.allSettled(
      some.map(async ({ write, resolve, reject }) => {
        try {
          await this.#commit(write)
          this.onCommitted(write)
          if (!quietly) resolve()
        } catch (error) {
          if (!quietly) reject(error)
        }
      }),
    )
  }

  /** The process is dead: `durable` of the writes in line had made it. */
  async die(durable: number): Promise<void> {
    await this.flush(durable, true)
    this.#waiting = []
    this.held = false
  }

  #take(write: Write): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.push({ write, resolve, reject })
    queueMicrotask(() => {
      if (!this.held) void this.flush()
    })
    return this.#resolvesEarly ? Promise.resolve() : promise
  }
}

/** How often the committed facts of one stream have asked for something outside. */
interface Requested {
  snapshot: SnapshotFrom<typeof sessionMachine> | null
  sockets: number
  questions: number
  logouts: number
  erasures: number
  deletions: number
  /** Hashes of the QRs to publish. */
  publications: string[]
  deleted: boolean
}

const machine = foldable(sessionMachine)

/** Folds one committed fact with the pure machine, which says what the outside may see of it. */
function countRequests(
  asked: Requested,
  { type, at, data, snapshot }: Pick<StoredEvent, 'type' | 'at' | 'data' | 'snapshot'>,
): void {
  if (type === 'session.deleted') asked.deleted = true
  if (snapshot === null) return
  const [next, actions] =
    asked.snapshot === null
      ? initialTransition(machine, { ...data, at } as never)
      : transition(machine, asked.snapshot, { ...data, type, at } as never)
  asked.snapshot = next as SnapshotFrom<typeof sessionMachine>
  for (const action of actions) {
    const { id, input } = (action.params ?? {}) as { id?: string; input?: { hash?: string } }
    if (action.type === 'xstate.spawnChild') {
      if (id === 'socket') asked.sockets++
      else if (id === 'question') asked.questions++
      else asked.publications.push(input!.hash!)
    } else if (action.type === 'logout') asked.logouts++
    else if (action.type.startsWith('eraseCredentials')) asked.erasures++
    else if (action.type.startsWith('deleteSession')) asked.deletions++
  }
}

/** What a stream has seen done in the process of the moment, and what it had asked for before that process began. */
interface Observed {
  sockets: number
  questions: number
  logouts: number
  before: Requested
}

const nothingRequested = (): Requested => ({
  snapshot: null,
  sockets: 0,
  questions: 0,
  logouts: 0,
  erasures: 0,
  deletions: 0,
  publications: [],
  deleted: false,
})

/** WhatsApp, Laravel and HTTP as they see one process after another; each act is compared with what is committed at that moment. */
export class Outside {
  /** What must never happen, in words. */
  readonly violations: string[] = []
  /** Messages that contacts said and WhatsApp still keeps, by session. */
  readonly pending: { session: string; id: string }[] = []
  /** What HTTP promised a caller: this send will not be lost. */
  readonly promised: { streamId: string; messageId: string }[] = []
  /** Messages that were acked to WhatsApp: they must never be lost. */
  readonly acked: { streamId: string; id: string }[] = []
  /** How often Laravel's 2xx was recorded for each webhook id. */
  readonly delivered = new Map<string, number>()
  /** How often Laravel asked a stream for everything once more. */
  readonly #replays = new Map<string, number>()
  readonly #world: World
  readonly #requested = new Map<string, Requested>()
  readonly #observed = new Map<string, Observed>()
  /** The ids under which bytes with a body left. */
  readonly #ids = new Map<string, Set<string>>()
  readonly #open = new WeakSet<FakeSocket>()
  #run: object = {}
  #handedOver = 0

  constructor(world: World, disk: DyingDisk) {
    this.#world = world
    disk.onCommitted = ({ streamId, events = [] }) => {
      for (const event of events) countRequests(this.#requestedBy(streamId), event)
    }
    const commit = world.store.commit
    world.store.commit = write => {
      this.#onErase(write)
      return commit(write)
    }
    world.laravel.answer = async session => this.#onQuestion(session)
    world.laravel.onPublish = async text => this.#onPublish(text)
    this.watchProcess(world)
  }

  /** What Laravel says when it is asked. */
  laravelSays: 'active' | 'inactive' | 'unknown' = 'active'

  /** A new process begins. */
  watchProcess({ whatsapp, store }: World): void {
    this.#run = {}
    this.#observed.clear()
    for (const [streamId, asked] of this.#requested)
      this.#observed.set(streamId, { sockets: 0, questions: 0, logouts: 0, before: copyOf(asked) })
    whatsapp.onOpen = this.#whileAlive((socket: FakeSocket) => this.#onOpen(socket))
    whatsapp.recover = async streamId =>
      (await store.keys.unfinished(streamId)).map(({ hash, stanza }) => ({
        ...incoming(stanza),
        inboxHash: hash,
      }))
  }

  /** The same function for the process of this moment, and none once it is dead. */
  #whileAlive<A extends unknown[]>(act: (...args: A) => void): (...args: A) => void {
    const run = this.#run
    return (...args) => {
      if (run === this.#run) act(...args)
    }
  }

  #requestedBy(streamId: string): Requested {
    const known = this.#requested.get(streamId) ?? nothingRequested()
    this.#requested.set(streamId, known)
    return known
  }

  #observedOf(streamId: string): Observed {
    const known = this.#observed.get(streamId) ?? {
      sockets: 0,
      questions: 0,
      logouts: 0,
      before: nothingRequested(),
    }
    this.#observed.set(streamId, known)
    return known
  }

  #count(streamId: string, what: 'sockets' | 'questions' | 'logouts'): void {
    const done = this.#observedOf(streamId)
    const asked = this.#requestedBy(streamId)
    done[what]++
    if (done[what] > asked[what] - done.before[what])
      this.violations.push(`${what} before the log asked for it`)
    if (asked.deleted) this.violations.push(`${what} of a session that is gone`)
  }

  #onOpen(socket: FakeSocket): void {
    const { streamId } = socket.owner
    this.#count(streamId, 'sockets')
    socket.logout = this.#whileAlive(() => {
      socket.logouts++
      this.#count(streamId, 'logouts')
    })
    socket.onSend = async messageId => this.#onSend(streamId, socket, messageId)
  }

  #onQuestion(session: string) {
    const row = this.#world.stored.sessions.find(session)
    if (row === null) this.violations.push('a question about a session that is not in the log')
    else this.#count(row.streamId, 'questions')
    return this.laravelSays
  }

  #onPublish(text: string): void {
    const { sessionId } = this.#world.laravel.published.at(-1)!
    const row = this.#world.stored.sessions.find(sessionId)
    if (row === null) return void this.violations.push('a QR of a session that is not in the log')
    const { publications } = this.#requestedBy(row.streamId)
    const since = publications.slice(this.#observedOf(row.streamId).before.publications.length)
    if (!since.some(hash => text.endsWith(` ${hash}`)))
      this.violations.push('a QR that the log did not ask for')
    const now = this.#world.clock.now()
    const recent = this.#world
      .rows(sessionId)
      .filter(({ type, at }) => type === 'qr.published' && now - at < 30_000)
    if (recent.length > 0) this.violations.push('two QRs within 30 s')
  }

  #onSend(streamId: string, socket: FakeSocket, messageId: string): void {
    const row = this.#world.stored.messages.find(streamId, messageId, 'out')
    if (row === null) this.violations.push('bytes of a send that is not in the log')
    else if (!/^(queued|transmitted)$/.test(row.status))
      this.violations.push(`bytes of a send that was ${row.status}`)
    const { body } = socket.sent.find(one => one.messageId === messageId)!.content as { body: string }
    const ids = this.#ids.get(body) ?? new Set()
    this.#ids.set(body, ids.add(messageId))
    if (ids.size > 1) this.violations.push(`bytes of one send under ${ids.size} ids`)
  }

  #onErase({ streamId, erase, events }: Write): void {
    if (erase === undefined) return
    const { erasures, deletions } = this.#requestedBy(streamId)
    const { before } = this.#observedOf(streamId)
    const withItsFact = events?.some(({ type }) => type === 'start.requested')
    const due = erase === 'stream' ? deletions > before.deletions : withItsFact || erasures > before.erasures
    if (!due) this.violations.push(`${erase} erased before the log asked for it`)
    const session = this.#world.stored.sessions.find(
      this.#requestedBy(streamId).snapshot?.context.sessionId ?? '',
    )
    if (
      !withItsFact &&
      session?.streamId === streamId &&
      this.#world.whatsapp.liveSockets(session.sessionId).length > 0
    )
      this.violations.push(`${erase} erased under a socket that lives`)
  }

  // ------------------------------------------------------------------ what the outside does

  /** WhatsApp lets a connection in, which happens once. */
  openOnce(socket: FakeSocket): void {
    if (!this.#open.has(socket)) socket.report(opened)
    this.#open.add(socket)
  }

  /** WhatsApp hands over what it keeps: durable under the ratchet, acked, then in the log. A death may come between any two. */
  handOver(session: string, socket: FakeSocket): void {
    for (const one of this.pending.filter(kept => kept.session === session))
      void this.#deliverPending(one, socket).catch(() => {})
  }

  async #deliverPending(one: { session: string; id: string }, { owner }: FakeSocket): Promise<void> {
    const { id } = one
    const { streamId, epoch } = owner
    const run = this.#run
    const hash = `${id} ${this.#handedOver++}`
    const put = { hash, plaintext: new Uint8Array(), stanza: id, at: this.#world.clock.now() }
    await this.#world.store.commit({ streamId, epoch, inbox: [{ put }] })
    if (run !== this.#run || !this.pending.includes(one)) return
    this.pending.splice(this.pending.indexOf(one), 1)
    this.acked.push({ streamId, id })
    await owner.received([{ ...incoming(id), inboxHash: hash }])
    if (run !== this.#run) return
    if (!this.#world.stored.messages.find(streamId, id, 'in') && !this.#requestedBy(streamId).deleted)
      this.violations.push('a message called durable that is not in the log')
  }

  /** Somebody waits for an answer; one that comes must be true. */
  watchAnswer(session: string, answer: Promise<{ messageId: string } | unknown>): void {
    const run = this.#run
    const streamId = this.#world.stored.sessions.find(session)?.streamId
    answer.then(
      outcome => {
        const { messageId } = outcome as { messageId?: string }
        if (run !== this.#run || messageId === undefined || streamId === undefined) return
        if (this.isDeleted(streamId)) return
        if (this.#world.stored.messages.find(streamId, messageId, 'out') === null)
          this.violations.push('an answer for a send that is not in the log')
        this.promised.push({ streamId, messageId })
      },
      () => {},
    )
  }

  /** Laravel takes the head of every lane; `recorded` is false when the process dies before its 2xx is durable. */
  async deliver(recorded: boolean): Promise<void> {
    const { deliveries } = this.#world.store
    for (const { lane } of await deliveries.lanes('', 1_000)) {
      const head = await deliveries.head(lane)
      if (head === null) continue
      const { webhookId, streamId, payload } = head
      // Of a session that was deleted after this was read, the log knows nothing any more.
      if (payload.estado_qr === 'active' && !this.isDeleted(streamId) && !this.#everOpen(streamId))
        this.violations.push('active before the first open')
      if (!recorded) continue
      const times = (this.delivered.get(webhookId) ?? 0) + 1
      this.delivered.set(webhookId, times)
      const again = webhookId.endsWith('.messages') ? (this.#replays.get(streamId) ?? 0) : 0
      if (times > 1 + again) this.violations.push(`${webhookId} delivered once too often`)
      await deliveries.settle(head.id, { done: true })
    }
  }

  #everOpen(streamId: string): boolean {
    const rows = this.#world.stored.log.after(streamId, 0, 10_000)
    return rows.some(({ type }) => type === 'socket.opened')
  }

  /** Laravel asks for what it has had already once more. */
  allowReplay(streamId: string): void {
    this.#replays.set(streamId, (this.#replays.get(streamId) ?? 0) + 1)
  }

  /** Throws if anything happened that must never happen. */
  check(): void {
    if (this.violations.length > 0) throw new Error(this.violations.join('; '))
  }

  /** Whether the stream was deleted, as its log says. */
  isDeleted(streamId: string): boolean {
    return this.#requestedBy(streamId).deleted
  }
}

const copyOf = (asked: Requested): Requested => ({ ...asked, publications: [...asked.publications] })

/** Faults of the log of one session: gaps, statuses that go back, a message twice, a table that says something else. */
export function faultsOf(world: World, sessionId: string): string[] {
  const faults: string[] = []
  const rows = world.rows(sessionId)
  const { streamId } = world.stored.sessions.find(sessionId)!
  const steps = new Map<string, MessageStatus>()
  const arrived = new Set<unknown>()
  for (const [i, { seq, type, data }] of rows.entries()) {
    if (seq !== i + 1) faults.push(`${seq} stands where ${i + 1} should`)
    if (!type.startsWith('message.')) continue
    const id = String(data.messageId)
    const status = type.replace('message.', '') as MessageStatus
    if (status === 'received') {
      if (arrived.has(id)) faults.push(`${id} twice`)
      arrived.add(id)
      continue
    }
    const before = steps.get(id)
    const again = status === 'transmitted' && before === 'transmitted'
    if (before === undefined ? status !== 'queued' : !again && !movesForward(before, status))
      faults.push(`${id} from ${before} to ${status}`)
    steps.set(id, status)
  }
  for (const [id, status] of steps) {
    const row = world.stored.messages.find(streamId, id, 'out')
    if (row?.status !== status) faults.push(`${id} is ${row?.status} in the table, ${status} in the log`)
  }
  return faults
}
