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
  readonly #lies: boolean
  #waiting: Waiting[] = []

  constructor(store: Store, lies = false) {
    this.#commit = store.commit
    this.#lies = lies
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
    return this.#lies ? Promise.resolve() : promise
  }
}

/** How often the committed facts of one stream have asked for something outside. */
interface Asked {
  snapshot: SnapshotFrom<typeof sessionMachine> | null
  sockets: number
  questions: number
  unlinks: number
  erasures: number
  deletions: number
  /** Hashes of the QRs to publish. */
  publications: string[]
  deleted: boolean
}

const machine = foldable(sessionMachine)

/** Folds one committed fact with the pure machine, which says what the outside may see of it. */
function ask(
  asked: Asked,
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
    } else if (action.type === 'logout') asked.unlinks++
    else if (action.type.startsWith('eraseCredentials')) asked.erasures++
    else if (action.type.startsWith('deleteSession')) asked.deletions++
  }
}

/** What a stream has seen done in the process of the moment, and what it had asked for before that process began. */
interface Done {
  sockets: number
  questions: number
  unlinks: number
  before: Asked
}

const nothing = (): Asked => ({
  snapshot: null,
  sockets: 0,
  questions: 0,
  unlinks: 0,
  erasures: 0,
  deletions: 0,
  publications: [],
  deleted: false,
})

/** WhatsApp, Laravel and HTTP as they see one process after another; each act is compared with what is committed at that moment. */
export class Outside {
  /** What must never happen, in words. */
  readonly breaches: string[] = []
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
  readonly #asked = new Map<string, Asked>()
  readonly #done = new Map<string, Done>()
  /** The ids under which bytes with a body left. */
  readonly #ids = new Map<string, Set<string>>()
  readonly #open = new WeakSet<FakeSocket>()
  #life: object = {}
  #copies = 0

  constructor(world: World, disk: DyingDisk) {
    this.#world = world
    disk.onCommitted = ({ streamId, events = [] }) => {
      for (const event of events) ask(this.#askedBy(streamId), event)
    }
    const commit = world.store.commit
    world.store.commit = write => {
      this.#erases(write)
      return commit(write)
    }
    world.laravel.answer = async session => this.#asks(session)
    world.laravel.onPublish = async text => this.#publishes(text)
    this.watch(world)
  }

  /** What Laravel says when it is asked. */
  says: 'active' | 'inactive' | 'unknown' = 'active'

  /** A new process begins. */
  watch({ whatsapp, store }: World): void {
    this.#life = {}
    this.#done.clear()
    for (const [streamId, asked] of this.#asked)
      this.#done.set(streamId, { sockets: 0, questions: 0, unlinks: 0, before: structuredCloneOf(asked) })
    whatsapp.onOpen = this.#living((socket: FakeSocket) => this.#opens(socket))
    whatsapp.recover = async streamId =>
      store.keys.unfinished(streamId).map(({ hash, stanza }) => ({ ...incoming(stanza), inboxHash: hash }))
  }

  /** The same function for the process of this moment, and none once it is dead. */
  #living<A extends unknown[]>(run: (...args: A) => void): (...args: A) => void {
    const life = this.#life
    return (...args) => {
      if (life === this.#life) run(...args)
    }
  }

  #askedBy(streamId: string): Asked {
    const known = this.#asked.get(streamId) ?? nothing()
    this.#asked.set(streamId, known)
    return known
  }

  #doneFor(streamId: string): Done {
    const known = this.#done.get(streamId) ?? { sockets: 0, questions: 0, unlinks: 0, before: nothing() }
    this.#done.set(streamId, known)
    return known
  }

  #counts(streamId: string, what: 'sockets' | 'questions' | 'unlinks'): void {
    const done = this.#doneFor(streamId)
    const asked = this.#askedBy(streamId)
    done[what]++
    if (done[what] > asked[what] - done.before[what])
      this.breaches.push(`${what} before the log asked for it`)
    if (asked.deleted) this.breaches.push(`${what} of a session that is gone`)
  }

  #opens(socket: FakeSocket): void {
    const { streamId } = socket.owner
    this.#counts(streamId, 'sockets')
    socket.logout = this.#living(() => {
      socket.unlinks++
      this.#counts(streamId, 'unlinks')
    })
    socket.onSend = async messageId => this.#sends(streamId, socket, messageId)
  }

  #asks(session: string) {
    const row = this.#world.store.sessions.find(session)
    if (row === null) this.breaches.push('a question about a session that is not in the log')
    else this.#counts(row.streamId, 'questions')
    return this.says
  }

  #publishes(text: string): void {
    const { sessionId } = this.#world.laravel.published.at(-1)!
    const row = this.#world.store.sessions.find(sessionId)
    if (row === null) return void this.breaches.push('a QR of a session that is not in the log')
    const { publications } = this.#askedBy(row.streamId)
    const since = publications.slice(this.#doneFor(row.streamId).before.publications.length)
    if (!since.some(hash => text.endsWith(` ${hash}`)))
      this.breaches.push('a QR that the log did not ask for')
    const now = this.#world.clock.now()
    const recent = this.#world
      .rows(sessionId)
      .filter(({ type, at }) => type === 'qr.published' && now - at < 30_000)
    if (recent.length > 0) this.breaches.push('two QRs within 30 s')
  }

  #sends(streamId: string, socket: FakeSocket, messageId: string): void {
    const row = this.#world.store.messages.find(streamId, messageId, 'out')
    if (row === null) this.breaches.push('bytes of a send that is not in the log')
    else if (!/^(queued|transmitted)$/.test(row.status))
      this.breaches.push(`bytes of a send that was ${row.status}`)
    const { body } = socket.sent.find(one => one.messageId === messageId)!.content as { body: string }
    const ids = this.#ids.get(body) ?? new Set()
    this.#ids.set(body, ids.add(messageId))
    if (ids.size > 1) this.breaches.push(`bytes of one send under ${ids.size} ids`)
  }

  #erases({ streamId, erase, events }: Write): void {
    if (erase === undefined) return
    const { erasures, deletions } = this.#askedBy(streamId)
    const { before } = this.#doneFor(streamId)
    const withItsFact = events?.some(({ type }) => type === 'start.requested')
    const due = erase === 'stream' ? deletions > before.deletions : withItsFact || erasures > before.erasures
    if (!due) this.breaches.push(`${erase} erased before the log asked for it`)
    const session = this.#world.store.sessions.find(this.#askedBy(streamId).snapshot?.context.sessionId ?? '')
    if (
      !withItsFact &&
      session?.streamId === streamId &&
      this.#world.whatsapp.live(session.sessionId).length > 0
    )
      this.breaches.push(`${erase} erased under a socket that lives`)
  }

  // ------------------------------------------------------------------ what the outside does

  /** WhatsApp lets a connection in, which happens once. */
  opens(socket: FakeSocket): void {
    if (!this.#open.has(socket)) socket.report(opened)
    this.#open.add(socket)
  }

  /** WhatsApp hands over what it keeps: durable under the ratchet, acked, then in the log. A death may come between any two. */
  handOver(session: string, socket: FakeSocket): void {
    for (const one of this.pending.filter(kept => kept.session === session))
      void this.#hand(one, socket).catch(() => {})
  }

  async #hand(one: { session: string; id: string }, { owner }: FakeSocket): Promise<void> {
    const { id } = one
    const { streamId, epoch } = owner
    const life = this.#life
    const hash = `${id} ${this.#copies++}`
    const put = { hash, plaintext: new Uint8Array(), stanza: id, at: this.#world.clock.now() }
    await this.#world.store.commit({ streamId, epoch, inbox: [{ put }] })
    if (life !== this.#life || !this.pending.includes(one)) return
    this.pending.splice(this.pending.indexOf(one), 1)
    this.acked.push({ streamId, id })
    await owner.received([{ ...incoming(id), inboxHash: hash }])
    if (life !== this.#life) return
    if (!this.#world.store.messages.find(streamId, id, 'in') && !this.#askedBy(streamId).deleted)
      this.breaches.push('a message called durable that is not in the log')
  }

  /** Somebody waits for an answer; one that comes must be true. */
  answered(session: string, answer: Promise<{ messageId: string } | unknown>): void {
    const life = this.#life
    const streamId = this.#world.store.sessions.find(session)?.streamId
    answer.then(
      outcome => {
        const { messageId } = outcome as { messageId?: string }
        if (life !== this.#life || messageId === undefined || streamId === undefined) return
        if (this.isGone(streamId)) return
        if (this.#world.store.messages.find(streamId, messageId, 'out') === null)
          this.breaches.push('an answer for a send that is not in the log')
        this.promised.push({ streamId, messageId })
      },
      () => {},
    )
  }

  /** Laravel takes the head of every lane; `recorded` is false when the process dies before its 2xx is durable. */
  async deliver(recorded: boolean): Promise<void> {
    const { deliveries } = this.#world.store
    for (const { lane } of deliveries.lanes()) {
      const head = deliveries.head(lane)
      if (head === null) continue
      const { webhookId, streamId, payload } = head
      if (payload.estado_qr === 'active' && !this.#everOpen(streamId))
        this.breaches.push('active before the first open')
      if (!recorded) continue
      const times = (this.delivered.get(webhookId) ?? 0) + 1
      this.delivered.set(webhookId, times)
      const again = webhookId.endsWith('.messages') ? (this.#replays.get(streamId) ?? 0) : 0
      if (times > 1 + again) this.breaches.push(`${webhookId} delivered once too often`)
      await deliveries.settle(head.id, { done: true })
    }
  }

  #everOpen(streamId: string): boolean {
    const rows = this.#world.store.log.after(streamId, 0, 10_000)
    return rows.some(({ type }) => type === 'socket.opened')
  }

  /** Laravel asks for what it has had already once more. */
  allowAgain(streamId: string): void {
    this.#replays.set(streamId, (this.#replays.get(streamId) ?? 0) + 1)
  }

  /** Throws if anything happened that must never happen. */
  check(): void {
    if (this.breaches.length > 0) throw new Error(this.breaches.join('; '))
  }

  /** Whether nothing of a stream is left, as somebody wanted. */
  isGone(streamId: string): boolean {
    return this.#askedBy(streamId).deleted
  }
}

const structuredCloneOf = (asked: Asked): Asked => ({ ...asked, publications: [...asked.publications] })

/** Faults of the log of one session: gaps, statuses that go back, a message twice, a table that says something else. */
export function faultsOf(world: World, sessionId: string): string[] {
  const faults: string[] = []
  const rows = world.rows(sessionId)
  const { streamId } = world.store.sessions.find(sessionId)!
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
    const row = world.store.messages.find(streamId, id, 'out')
    if (row?.status !== status) faults.push(`${id} is ${row?.status} in the table, ${status} in the log`)
  }
  return faults
}
