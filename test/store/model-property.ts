import fc from 'fast-check'
import { expect } from 'vitest'
import { GatewayError } from '../../src/base/errors.ts'
import { MESSAGE_STATUSES } from '../../src/messages/status.ts'
import type { DeliveryOutcome } from '../../src/ports/delivery-table.ts'
import type { Store, Write } from '../../src/ports/store.ts'
import { inbound, lifecycle, messageFact, outgoing } from './facts.ts'
import { Model, type Op } from './model.ts'

const mostly = (value: number, ...odd: number[]) =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: fc.constantFrom(...odd) })
const small = fc.integer({ min: 0, max: 3 })
const maybe = <T>(arbitrary: fc.Arbitrary<T>, weight = 2) =>
  fc.oneof({ weight, arbitrary: fc.constant(null) }, { weight: 1, arbitrary })

/** An intention, made concrete when it is submitted: seqs and epochs count from what the submitter believes. */
const intention = fc.record({
  stream: small,
  act: fc.oneof(
    { weight: 12, arbitrary: fc.constant('write') },
    { weight: 2, arbitrary: fc.constantFrom('create', 'claim', 'settle') },
  ),
  seqOff: mostly(0, 1, -1),
  epochOff: mostly(0, -1, 1),
  events: fc.array(fc.boolean(), { maxLength: 3 }),
  key: maybe(fc.tuple(small, maybe(fc.string(), 1))),
  inbox: maybe(fc.tuple(small, fc.boolean())),
  insert: maybe(fc.record({ id: small, dedupe: fc.integer({ max: 30, min: 0 }), out: fc.boolean() }), 1),
  update: maybe(
    fc.record({ id: small, status: fc.constantFrom(...MESSAGE_STATUSES), attempt: fc.boolean() }),
    1,
  ),
  delivery: maybe(fc.constantFrom('messages' as const, 'status' as const), 1),
  activity: maybe(fc.integer({ min: 0, max: 5_000 })),
  erase: fc.oneof(
    { weight: 30, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom('keys' as const, 'stream' as const) },
  ),
  outcome: fc.constantFrom<DeliveryOutcome>(
    { done: true },
    { dead: true, at: 5, error: 'no' },
    { retryAt: 9, error: 'later', countsTry: false, countsAttempt: true },
  ),
})
type Intention = typeof intention extends fc.Arbitrary<infer T> ? T : never

/** What the submitter believes of a stream while its writes are in flight. */
interface Belief {
  lastSeq: number
  epoch: number
}

function toWrite(run: number, life: number, intent: Intention, belief: Belief): Write {
  const sessionId = `r${run}s${intent.stream}`
  const streamId = `${sessionId}/${life}`
  const create = intent.act === 'create'
  const first = (create ? 0 : belief.lastSeq) + 1 + intent.seqOff
  const events = (create ? [true, ...intent.events] : intent.events).map((isLifecycle, i) =>
    isLifecycle ? lifecycle(first + i) : messageFact(first + i),
  )
  const seq = events.at(-1)?.seq
  const write: Write = { streamId, epoch: create ? 1 : belief.epoch + intent.epochOff, events, messages: [] }
  if (create) write.create = { sessionId, userId: 1, at: 1_000 }
  if (intent.activity !== null) write.lastActivity = intent.activity
  if (intent.erase) write.erase = intent.erase
  if (intent.key)
    write.keys = [
      {
        type: 't',
        id: `${intent.key[0]}`,
        value: intent.key[1] === null ? null : Buffer.from(intent.key[1]),
      },
    ]
  if (intent.inbox) {
    const [id, done] = intent.inbox
    write.inbox = [
      done
        ? { done: `h${id}` }
        : { put: { hash: `h${id}`, plaintext: Buffer.from('p'), stanza: '{}', at: 1 } },
    ]
  }
  if (intent.insert && seq !== undefined) {
    const { id, dedupe, out } = intent.insert
    const common = { messageId: `M${id}`, chatId: 'chat', dedupeKey: `d${dedupe}`, seq, at: 1 }
    write.messages!.push({
      insert: out
        ? { ...common, direction: 'out', content: outgoing('x'), status: 'queued' }
        : { ...common, direction: 'in', content: inbound(`M${id}`, 'x'), status: 'received' },
    })
  }
  if (intent.update) {
    const { id, ...rest } = intent.update
    write.messages!.push({ update: { messageId: `M${id}`, at: 2, ...rest } })
  }
  if (intent.delivery && seq !== undefined)
    write.deliveries = [
      {
        webhookId: `${streamId}.${seq}.${intent.delivery}`,
        kind: intent.delivery,
        lane: `${sessionId}|${intent.delivery}`,
        sessionId,
        seq,
        at: 1,
        payload: intent.delivery === 'status' ? { seq } : null,
      },
    ]
  return write
}

/** Submits the operations of one tick together and awaits what becomes of each. */
async function submit(store: Store, ops: Op[]): Promise<(string | number | null)[]> {
  const results = await Promise.allSettled(
    ops.map(async op => {
      if ('claim' in op) return store.claim(op.claim)
      await ('settle' in op ? store.deliveries.settle(op.id, op.outcome) : store.commit(op.write))
      return null
    }),
  )
  return results.map(result => {
    if (result.status === 'fulfilled') return result.value
    return result.reason instanceof GatewayError ? result.reason.code : String(result.reason)
  })
}

async function compare(store: Store, model: Model, run: number): Promise<void> {
  for (const [streamId, stream] of model.streams) {
    expect((await store.log.after(streamId, 0, 10_000)).map(event => event.seq)).toEqual(stream.seqs)
    expect((await store.log.stateAt(streamId, stream.lastSeq))?.seq).toBe(stream.lifecycleSeqs.at(-1))
    const keys = await store.keys.get(streamId, 't', ['0', '1', '2', '3'])
    expect(new Map(Object.entries(keys).map(([id, value]) => [id, Buffer.from(value).toString()]))).toEqual(
      new Map([...stream.keys].sort()),
    )
    const unfinished = (await store.keys.unfinished(streamId)).map(row => row.hash)
    expect(unfinished).toEqual([...stream.inbox].filter(([, done]) => !done).map(([hash]) => hash))
    for (let id = 0; id < 4; id++) {
      const row = await store.messages.find(streamId, `M${id}`)
      const expected = stream.messages.findLast(message => message.id === `M${id}`)
      expect(
        row && { id: row.messageId, status: row.status, attempts: row.attempts, steps: row.history.length },
      ).toEqual(
        expected
          ? { id: expected.id, status: expected.status, attempts: expected.attempts, steps: expected.steps }
          : null,
      )
    }
    const unsent = stream.messages.filter(({ status }) => status === 'queued' || status === 'transmitted')
    expect((await store.messages.unsent(streamId)).map(row => row.messageId)).toEqual(
      unsent.map(({ id }) => id),
    )
    if (stream.erased) continue
    const { epoch, lastSeq, lastActivity } = stream
    expect(await store.sessions.find(stream.sessionId)).toMatchObject({
      streamId,
      epoch,
      lastSeq,
      lastActivity,
    })
  }
  const lanes = new Set(model.deliveries.flatMap(({ lane, dead }) => (dead ? [] : [lane])))
  const mine = (await store.deliveries.lanes('', 1_000)).filter(({ lane }) => lane.startsWith(`r${run}s`))
  expect(mine.map(({ lane }) => lane)).toEqual([...lanes].sort())
  for (const lane of lanes) {
    const { seq, attempts, streamId } = model.head(lane)!
    expect(await store.deliveries.head(lane)).toMatchObject({ seq, attempts, streamId })
  }
}

let runs = 0
/** A property is only worth its name if every kind of them occurred. */
export const REFUSALS = ['SEQ_CONFLICT', 'EPOCH_CONFLICT', 'CONFLICT', null]
/** What became of writes. */
export const seen = new Set<string | number | null>()

const births = fc.tuple(intention, intention, intention, intention)
const ticks = fc.array(fc.array(intention, { maxLength: 12 }), { maxLength: 12 })

/** That the store does what a plain model does, whatever is written in one tick. */
export const likeTheModel = (store: () => Store) =>
  fc.asyncProperty(births, ticks, async (births, ticks) => {
    const run = runs++
    const model = new Model()
    const lives = [0, 0, 0, 0]
    const submitTick = async (intents: Intention[]) => {
      const beliefs = new Map<string, Belief>()
      const toOp = async (intent: Intention): Promise<Op> => {
        // A new life once the one before was erased.
        const streamId = () => `r${run}s${intent.stream}/${lives[intent.stream]}`
        if (model.streams.get(streamId())?.erased && intent.act === 'create') lives[intent.stream]!++
        const stream = model.streams.get(streamId())
        const belief = beliefs.get(streamId()) ?? {
          lastSeq: stream?.lastSeq ?? 0,
          epoch: stream?.epoch ?? 1,
        }
        beliefs.set(streamId(), belief)
        if (intent.act === 'claim') {
          belief.epoch++
          return { claim: streamId() }
        }
        const lane = `r${run}s${intent.stream}|status`
        const head = model.head(lane)
        if (intent.act === 'settle' && head)
          return { settle: head, id: (await store().deliveries.head(lane))!.id, outcome: intent.outcome }
        const write = toWrite(run, lives[intent.stream]!, intent, belief)
        belief.lastSeq = write.events?.at(-1)?.seq ?? belief.lastSeq
        return { write }
      }
      const ops: Op[] = []
      for (const intent of intents) ops.push(await toOp(intent))
      const real = await submit(store(), ops)
      const expected = model.tick(ops)
      expect(real).toEqual(expected)
      for (const outcome of real) seen.add(outcome)
      await compare(store(), model, run)
    }
    await submitTick(
      births.map((birth, stream) => ({ ...birth, stream, act: 'create', seqOff: 0, erase: null })),
    )
    for (const intents of ticks) await submitTick(intents)
  })
