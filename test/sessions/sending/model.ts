import fc from 'fast-check'
import { expect } from 'vitest'
import { GatewayError } from '../../../src/base/errors.ts'
import type { SendContent, SendMedia } from '../../../src/messages/send.ts'
import { type FakeSocket, type FakeWhatsApp, picture, text } from '../fakes.ts'
import { closedAs, opened, World } from '../world.ts'
import { ANA, EVA } from './sending.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
/** How long a socket may take for one message, in ms (`message-sender.ts`). */
const SEND_TIMEOUT = 20 * SECOND
const MAX_AGE = 20 * MINUTE
const LID = '77@lid'

/** What can happen to a session with sends; numbers pick from what there is then. */
export type Op =
  | { op: 'send'; to: string; file: boolean }
  | { op: 'change'; what: 'reaction' | 'edit' | 'delete'; to: string }
  | { op: 'fileReady' | 'fileFails'; pick: number }
  | { op: 'ack' | 'lateAck' | 'refuse'; pick: number }
  | { op: 'pause'; pick: number; ms: number }
  | { op: 'socket'; does: Mode }
  | { op: 'wait'; ms: number }
  | { op: 'disconnect' | 'open' | 'crash' | 'learn' | 'sleep' }

/** What becomes of a message that is handed to the socket: `hangs`: it may have left, and in the end the socket says that it has not. */
type Mode = 'takes' | 'hangs' | 'busy' | 'cannot'

const ADDRESSES = [`${ANA}@s.whatsapp.net`, LID, `${EVA}@s.whatsapp.net`]
const to = fc.constantFrom(...ADDRESSES)
const pick = fc.nat({ max: 20 })
const only = <T extends string>(...ops: T[]) => fc.record({ op: fc.constantFrom(...ops) })

const ms = (...lengths: number[]) => fc.constantFrom(...lengths)
const KINDS: [weight: number, arbitrary: fc.Arbitrary<unknown>][] = [
  [14, fc.record({ op: fc.constant('send'), to, file: fc.boolean() })],
  [2, fc.record({ op: fc.constant('change'), what: fc.constantFrom('reaction', 'edit', 'delete'), to })],
  [5, fc.record({ op: fc.constant('fileReady'), pick })],
  [1, fc.record({ op: fc.constant('fileFails'), pick })],
  [6, fc.record({ op: fc.constantFrom('ack', 'ack', 'ack', 'lateAck'), pick })],
  [4, fc.record({ op: fc.constant('refuse'), pick })],
  [1, fc.record({ op: fc.constant('pause'), pick, ms: ms(30 * SECOND, 5 * MINUTE, 30 * MINUTE) })],
  [
    3,
    fc.record({
      op: fc.constant('socket'),
      does: fc.constantFrom<Mode>('takes', 'takes', 'takes', 'hangs', 'busy', 'cannot'),
    }),
  ],
  [5, fc.record({ op: fc.constant('wait'), ms: ms(SECOND, 6 * SECOND, 30 * SECOND, 2 * MINUTE) })],
  [1, fc.record({ op: fc.constant('wait'), ms: ms(21 * MINUTE) })],
  [6, only('open')],
  [5, only('disconnect', 'disconnect', 'crash', 'crash', 'learn')],
  [1, only('sleep')],
]

export const ops = fc.array(
  fc.oneof(...KINDS.map(([weight, arbitrary]) => ({ weight, arbitrary: arbitrary as fc.Arbitrary<Op> }))),
  { minLength: 20, maxLength: 60, size: 'max' },
)

/** One send as the outside knows it. */
interface Known {
  id: string
  to: string
  /** Its place among the session's accepted sends. */
  seq: number
  /** The connection on which it left last; null if WhatsApp refused that, or nothing has left. */
  on: FakeSocket | null
  left: boolean
  acked: boolean
  /** WhatsApp's last word on it was a refusal for its pace. */
  refused: boolean
}

/** Runs a session against a WhatsApp that keeps account of what left, and when it should not have. */
export class OutboxModel {
  readonly violations: string[] = []
  readonly #sends = new Map<string, Known>()
  readonly #fetches: PromiseWithResolvers<SendMedia>[] = []
  readonly #perMinute: number
  #world!: World
  #mode: Mode = 'takes'
  #known = false
  #words = 0

  /** What the run has seen, so that a test can tell whether it saw enough. */
  readonly seen = new Set<string>()

  private constructor(perMinute: number) {
    this.#perMinute = perMinute
  }

  static async start(sendPerMinute: number): Promise<OutboxModel> {
    const model = new OutboxModel(sendPerMinute)
    const world = await World.start({ sendPerMinute, sendMaxAgeMs: MAX_AGE, policy: 'hibernate' })
    model.#world = world
    model.#watch(world.whatsapp)
    world.prepare = async ({ media }) => {
      const fetch = Promise.withResolvers<SendMedia>()
      model.#fetches.push(fetch)
      fetch.promise.catch(() => {})
      return { ...media, ...(await fetch.promise), ready: true }
    }
    await world.linked()
    return model
  }

  async run(all: Op[]): Promise<void> {
    for (const op of all) {
      await this.#do(op)
      await this.#world.settle()
      this.#accept()
    }
  }

  /** Everything works from now on, and time goes by: nothing may wait any more, and the next send goes at once. */
  async recover(): Promise<void> {
    const world = this.#world
    this.#mode = 'takes'
    const inTime = this.#inTime()
    for (let minute = 0; minute < 120; minute++) {
      for (const { resolve } of this.#fetches.splice(0)) resolve({} as SendMedia)
      await this.#open()
      await this.#ackAll()
      if (minute > 2 && !this.#hasWork()) break
      await world.wait(minute < 5 ? SECOND : MINUTE)
    }
    expect(world.stored.messages.unsent(world.entry().actor.streamId), 'nothing waits').toEqual([])
    expect(this.#hasWork()).toBe(false)
    this.#checkEnds()
    for (const one of inTime)
      if (!one.acked) this.violations.push(`${one.seq} was left behind: ${this.#status(one.id)}`)
    // A pause may still hold, and a slow pace after it.
    await world.wait(37 * MINUTE)
    await this.#open()
    for (const to of ADDRESSES) await this.#do({ op: 'send', to, file: false })
    await world.wait(MINUTE)
    this.#accept()
    await this.#ackAll()
    const last = [...this.#sends.values()].slice(-ADDRESSES.length)
    expect(last.map(({ id }) => this.#status(id))).toEqual(ADDRESSES.map(() => 'sent'))
  }

  async end(): Promise<void> {
    this.#mode = 'takes'
    await this.#world.end()
    expect(this.violations).toEqual([])
  }

  async #do(op: Op): Promise<void> {
    const world = this.#world
    switch (op.op) {
      case 'send':
        return this.#send(op.file ? { ...picture(ANA, `${this.#words++}`), to: op.to } : this.#text(op.to))
      case 'change': {
        const target = [...this.#sends.values()].findLast(one => one.to === op.to)
        if (
          target === undefined ||
          world.stored.messages.find(this.#stream, target.id)?.content.type !== 'text'
        )
          return
        return this.#send({
          type: op.what,
          body: `${this.#words++}`,
          to: op.to,
          reply_to: target.id,
        } as SendContent)
      }
      case 'fileReady':
        return this.#fetches
          .splice(op.pick % Math.max(1, this.#fetches.length), 1)[0]
          ?.resolve({} as SendMedia)
      case 'fileFails':
        return this.#fetches
          .splice(op.pick % Math.max(1, this.#fetches.length), 1)[0]
          ?.reject(new GatewayError('MEDIA_UNREACHABLE', 'Nobody answers there.'))
      case 'ack':
        return this.#tell('sent', op.pick, one => one.on !== null && one.on === this.#socket())
      case 'lateAck':
        return this.#tell('delivered', op.pick, one => one.on !== null)
      case 'refuse':
        return this.#tell('429', op.pick, one => one.on !== null && one.on === this.#socket())
      case 'pause':
        return this.#tell('429', op.pick, one => one.on !== null && one.on === this.#socket(), op.ms)
      case 'socket':
        this.#mode = op.does
        return
      case 'wait':
        return world.wait(op.ms)
      case 'disconnect':
        return this.#socket()?.report(closedAs('backoff'))
      case 'open':
        return this.#open()
      case 'crash':
        world.kill()
        this.#mode = 'takes'
        await world.boot(({ whatsapp }) => this.#watch(whatsapp))
        return
      case 'learn': {
        const names = [LID, `${ANA}@s.whatsapp.net`] as const
        const ana = {
          chatId: LID,
          lid: LID,
          number: names[1],
          username: null,
          names: [...names],
          learntAt: 1,
        }
        const { streamId, epoch } = world.entry().actor
        await world.store.commit({ streamId, epoch, people: [ana] })
        await world.settle()
        this.#known = true
        return
      }
      case 'sleep':
        await world.wait(32 * MINUTE)
        this.seen.add(world.state()!)
        return
    }
  }

  #text(to: string): SendContent {
    return { ...text(ANA, `${this.#words++}`), to }
  }

  async #send(content: SendContent): Promise<void> {
    const world = this.#world
    world.commands.send('s1', content, world.clock.now()).catch(() => {})
  }

  async #open(): Promise<void> {
    const world = this.#world
    if (world.state() === 'reconnecting.hibernated')
      await world.commands.start({ sessionId: 's1', userId: 7 })
    if (world.state() === 'reconnecting.waiting') await world.waitForRetry()
    await world.settle()
    if (world.state() === 'starting.connecting') this.#socket()?.report(opened)
    await world.settle()
  }

  async #ackAll(): Promise<void> {
    for (const one of this.#sends.values())
      if (one.on !== null && one.on === this.#socket() && !one.acked && this.#status(one.id) !== 'failed') {
        one.on.owner.updated({ messageId: one.id, status: 'sent', at: this.#world.clock.now() })
        await this.#world.settle()
        one.acked = true
      }
  }

  /** WhatsApp says something of one of the sends that fit. */
  #tell(
    what: 'sent' | 'delivered' | '429',
    pick: number,
    fits: (one: Known) => boolean,
    backoff?: number,
  ): void {
    const socket = this.#socket()
    const fitting = [...this.#sends.values()].filter(
      one => fits(one) && !one.acked && this.#status(one.id) !== 'failed',
    )
    const one = fitting[pick % Math.max(1, fitting.length)]
    if (socket === null || one === undefined || this.#world.state()?.startsWith('open') !== true) return
    one.left = true
    const about = { messageId: one.id, at: this.#world.clock.now() }
    if (what === '429') {
      // Too old, it is not to leave any more.
      socket.owner.updated({
        ...about,
        status: 'failed',
        code: '429',
        error: 'Slow.',
        ...(backoff && { backoff }),
      })
      one.on = null
      one.refused = true
      this.seen.add('refused')
    } else {
      socket.owner.updated({ ...about, status: what })
      one.acked = true
    }
  }

  #socket(): FakeSocket | null {
    return this.#world.whatsapp.liveSockets('s1')[0] ?? null
  }

  get #stream(): string {
    return this.#world.entry().actor.streamId
  }

  #status(id: string) {
    return this.#world.stored.messages.find(this.#stream, id, 'out')?.status
  }

  /** Notes what was accepted since the last time. */
  #accept(): void {
    for (const { type, data, seq } of this.#world.rows())
      if (type === 'message.queued') this.#note(String(data.messageId), seq)
  }

  #note(id: string, seq?: number): Known {
    let one = this.#sends.get(id)
    if (one === undefined) {
      const row = this.#world.stored.messages.find(this.#stream, id, 'out')!
      const to = (row.content as SendContent).to
      one = { id, to, seq: seq ?? row.seq, on: null, left: false, acked: false, refused: false }
      this.#sends.set(id, one)
    }
    return one
  }

  #watch(whatsapp: FakeWhatsApp): void {
    whatsapp.onOpen = socket => {
      socket.onSend = id => this.#leaves(socket, id)
    }
  }

  /** A message is handed to a socket: it must be its turn. */
  async #leaves(socket: FakeSocket, id: string): Promise<void> {
    this.#accept()
    const one = this.#note(id)
    const status = this.#status(id)!
    if (one.acked) this.violations.push(`${one.seq} left although it was acked`)
    if (status !== 'queued' && status !== 'transmitted')
      this.violations.push(`${one.seq} left although it is ${status}`)
    for (const other of this.#sends.values())
      if (other.seq < one.seq && this.#samePerson(other, one) && !this.#isAhead(other, socket))
        this.violations.push(`${one.seq} overtook ${other.seq}, which is ${this.#status(other.id)}`)
    if (this.#mode === 'busy') throw new GatewayError('SESSION_NOT_CONNECTED', 'Busy.', { retryable: true })
    if (this.#mode === 'cannot') throw new GatewayError('WHATSAPP_REJECTED', 'No.')
    if (one.left) this.seen.add('again')
    one.on = socket
    if (this.#mode !== 'hangs') {
      Object.assign(one, { left: true, refused: false })
      return
    }
    await new Promise(resolve => void this.#world.clock.setTimeout(() => resolve(null), SEND_TIMEOUT))
    throw new GatewayError('SESSION_NOT_CONNECTED', 'It took too long.', { retryable: true })
  }

  /** It left on this connection and was not refused, or nothing more is to come of it. */
  #isAhead(one: Known, socket: FakeSocket): boolean {
    const status = this.#status(one.id)!
    return one.on === socket || one.acked || (status !== 'queued' && status !== 'transmitted')
  }

  #samePerson(one: Known, other: Known): boolean {
    const ofAna = ({ to }: Known) => to === LID || to === ADDRESSES[0]
    return one.to === other.to || (this.#known && ofAna(one) && ofAna(other))
  }

  #hasWork(): boolean {
    return this.#world.entry().outbox.isBusy || this.#world.stored.messages.hasUnsent(this.#stream)
  }

  /** What waits and can still go out before it is too old, now that nothing is in its way. */
  #inTime(): Known[] {
    const { slowdown } = this.#world.context()
    const now = this.#world.clock.now()
    if (slowdown !== null && slowdown.until > now) return []
    const waiting = this.#world.stored.messages.unsent(this.#stream)
    // For the backoff, and for what a socket has in hand.
    const needs = 7 * MINUTE + (this.#perMinute === 0 ? 0 : (waiting.length * MINUTE) / this.#perMinute)
    return waiting
      .filter(({ at, attempts }) => now - at + needs < MAX_AGE && attempts < 3)
      .map(({ messageId }) => this.#note(messageId))
  }

  #checkEnds(): void {
    for (const one of this.#sends.values()) {
      const { status, error, at } = this.#world.stored.messages.find(this.#stream, one.id, 'out')!
      this.seen.add(status === 'failed' ? error!.split(':')[0]! : status)
      const ends =
        status === 'failed'
          ? !one.acked && (one.refused || !one.left || error!.startsWith('WHATSAPP_REJECTED'))
          : status === 'unknown'
            ? one.left && !one.acked
            : one.acked
      if (!ends)
        this.violations.push(`${one.seq} is ${status} (${error}): ${JSON.stringify({ ...one, on: null })}`)
      if (error?.startsWith('EXPIRED') && this.#world.clock.now() - at < MAX_AGE)
        this.violations.push(`${one.seq} expired before its time`)
    }
  }
}
