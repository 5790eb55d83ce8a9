import type { MessageStatus } from '../../src/messages/status.ts'
import type { DeliveryOutcome } from '../../src/ports/delivery-table.ts'
import type { Write } from '../../src/ports/store.ts'

/** A stream as the model keeps it. */
interface ModelStream {
  sessionId: string
  epoch: number
  lastSeq: number
  lastActivity: number
  erased: boolean
  seqs: number[]
  lifecycleSeqs: number[]
  keys: Map<string, string>
  inbox: Map<string, boolean>
  messages: { id: string; dedupeKey: string; status: MessageStatus; attempts: number; steps: number }[]
}

export interface ModelDelivery {
  streamId: string
  seq: number
  lane: string
  kind: string
  dead: boolean
  attempts: number
}

/** `settle` names the model's delivery, `id` is the store's. */
export type Op =
  | { write: Write }
  | { claim: string }
  | { settle: ModelDelivery; id: number; outcome: DeliveryOutcome }

const ORDER: MessageStatus[] = ['queued', 'transmitted', 'unknown', 'sent', 'delivered', 'read', 'played']

/** The rules of the store in a few lines, slow and plain, to hold the real one against. */
export class Model {
  readonly streams = new Map<string, ModelStream>()
  deliveries: ModelDelivery[] = []

  /** What became of each operation of one tick: an error code, a new epoch or null. */
  tick(ops: Op[]): (string | number | null)[] {
    const failed = new Map<string, { epoch: number; code: string }>()
    return ops.map(op => {
      if ('claim' in op) return this.#claim(op.claim)
      if ('settle' in op) return this.#settle(op.settle, op.outcome)
      const { streamId, epoch } = op.write
      const before = failed.get(streamId)
      if (before && epoch <= before.epoch) return before.code
      const code = this.#refusal(op.write)
      if (code === null) this.#apply(op.write)
      else failed.set(streamId, { epoch, code })
      return code
    })
  }

  head(lane: string): ModelDelivery | undefined {
    return this.deliveries.find(delivery => delivery.lane === lane && !delivery.dead)
  }

  #claim(streamId: string): string | number {
    const stream = this.streams.get(streamId)
    if (!stream || stream.erased) return 'SESSION_NOT_FOUND'
    return ++stream.epoch
  }

  #settle(delivery: ModelDelivery, outcome: DeliveryOutcome): null {
    if ('redriven' in outcome) {
      if (delivery.dead) Object.assign(delivery, { dead: false, attempts: 0 })
      return null
    }
    if (delivery.dead) return null
    if ('done' in outcome) this.deliveries = this.deliveries.filter(other => other !== delivery)
    else if ('dead' in outcome) delivery.dead = true
    else if ('retryAt' in outcome) delivery.attempts += Number(outcome.countsAttempt)
    return null
  }

  #refusal({ streamId, epoch, create, events = [], messages = [], erase }: Write): string | null {
    const stream = this.streams.get(streamId)
    const alive = [...this.streams.values()].some(s => !s.erased && s.sessionId === create?.sessionId)
    if (create && (stream || alive)) return 'SEQ_CONFLICT'
    if (!create && !stream) return 'SEQ_CONFLICT'
    if (stream && (stream.erased || stream.epoch !== epoch)) return 'EPOCH_CONFLICT'
    for (const [i, { seq }] of events.entries())
      if (seq !== (stream?.lastSeq ?? 0) + 1 + i) return 'SEQ_CONFLICT'
    const taken = new Set(erase === 'stream' ? [] : stream?.messages.map(message => message.dedupeKey))
    for (const message of messages) {
      if (!('insert' in message)) continue
      if (taken.has(message.insert.dedupeKey)) return 'CONFLICT'
      taken.add(message.insert.dedupeKey)
    }
    return null
  }

  #apply(write: Write): void {
    const {
      streamId,
      epoch,
      create,
      events = [],
      keys = [],
      inbox = [],
      messages = [],
      deliveries = [],
    } = write
    if (create)
      this.streams.set(streamId, {
        sessionId: create.sessionId,
        epoch,
        lastSeq: 0,
        lastActivity: create.at,
        erased: false,
        seqs: [],
        lifecycleSeqs: [],
        keys: new Map(),
        inbox: new Map(),
        messages: [],
      })
    const stream = this.streams.get(streamId)!
    if (write.erase) {
      stream.keys.clear()
      stream.inbox.clear()
    }
    if (write.erase === 'stream') {
      Object.assign(stream, { erased: true, seqs: [], lifecycleSeqs: [], messages: [] })
      this.deliveries = this.deliveries.filter(d => d.streamId !== streamId || d.kind !== 'messages')
    }
    for (const { seq, snapshot } of events) {
      stream.seqs.push(seq)
      if (snapshot) stream.lifecycleSeqs.push(seq)
      stream.lastSeq = seq
    }
    stream.lastActivity = Math.max(stream.lastActivity, write.lastActivity ?? 0)
    for (const { id, value } of keys)
      if (value) stream.keys.set(id, Buffer.from(value).toString())
      else stream.keys.delete(id)
    for (const row of inbox)
      if ('done' in row) {
        if (stream.inbox.has(row.done)) stream.inbox.set(row.done, true)
      } else if (!stream.inbox.has(row.put.hash)) stream.inbox.set(row.put.hash, false)
    for (const message of messages) this.#message(stream, message)
    for (const { kind, lane, seq } of deliveries) {
      if (kind === 'status')
        this.deliveries = this.deliveries.filter(d => d.lane !== lane || d.kind !== 'status')
      this.deliveries.push({ streamId, seq, lane, kind, dead: false, attempts: 0 })
    }
  }

  #message(stream: ModelStream, message: NonNullable<Write['messages']>[number]): void {
    if ('insert' in message) {
      const { messageId: id, dedupeKey, status } = message.insert
      stream.messages.push({ id, dedupeKey, status, attempts: 0, steps: 1 })
      return
    }
    if (!('update' in message)) return
    const { messageId, status, attempt } = message.update
    const row = stream.messages.findLast(m => m.id === messageId && m.status !== 'received')
    if (!row) return
    if (attempt) row.attempts++
    const at = ORDER.indexOf(row.status)
    const moves = status === 'failed' ? at >= 0 && at <= 2 : at >= 0 && ORDER.indexOf(status) > at
    if (!moves) return
    row.status = status
    row.steps++
  }
}
