import { FACT_KINDS } from '../../src/ports/dashboard/history.ts'
import type { MessageWrite } from '../../src/ports/message-table.ts'
import type { Write } from '../../src/ports/store.ts'
import type { MemoryStore } from '../sessions/memory-store.ts'
import { created, imageSource, inbound, lifecycle, messageFact, outgoing } from './facts.ts'

const STREAM = 'stream-of-a'
const FILE = 'ab'.repeat(32)

const source = imageSource(FILE)

const insert = (seq: number, direction: 'in' | 'out'): MessageWrite => {
  const common = { messageId: `M${seq}`, chatId: '9@lid', seq, at: 1 }
  return direction === 'in'
    ? {
        insert: {
          ...common,
          direction,
          dedupeKey: `9@lid||0|M${seq}`,
          content: inbound(`M${seq}`, 'x'),
          status: 'received',
          proto: Buffer.from('x'),
          secret: Buffer.from('x'),
        },
      }
    : { insert: { ...common, direction, dedupeKey: `out|M${seq}`, content: outgoing('x'), status: 'queued' } }
}

const delivery = (seq: number, kind: 'messages' | 'status' | 'receipt' | 'events') => ({
  webhookId: `${STREAM}.${seq}.${kind}`,
  kind,
  lane: kind === 'status' ? STREAM : `${STREAM}|${kind}`,
  sessionId: 'a',
  seq,
  at: 1,
  payload: kind === 'messages' ? null : { seq },
})

/** Writes of one session in which every part of a write occurs. */
function writes(): Write[] {
  const write = (rest: Partial<Write>): Write => ({ streamId: STREAM, epoch: 1, ...rest })
  return [
    created('a'),
    write({
      events: [messageFact(2), messageFact(3), messageFact(4)],
      messages: [insert(2, 'in'), insert(3, 'out'), insert(4, 'in')],
      downloads: [{ seq: 2, source, at: 1 }],
      deliveries: [delivery(2, 'messages'), delivery(3, 'receipt'), delivery(4, 'messages')],
      idempotency: { key: 'k', hash: 'h', messageId: 'M3', at: 1 },
      people: [
        { chatId: '9@lid', lid: '9@lid', number: null, username: null, names: ['9@lid'], learntAt: 1 },
      ],
      chatTimers: [{ chat: '9@lid', expiration: 60, setAt: 1 }],
      contactNames: [{ jid: '9@lid', name: 'Ana' }],
      metadata: { tenant: 7 },
      lastActivity: 5,
      announced: 'active',
    }),
    write({
      keys: [
        { type: 'session', id: '1', value: Buffer.from('x') },
        { type: 'session', id: '2', value: null },
      ],
      inbox: [
        { put: { hash: 'h', plaintext: Buffer.from('x'), stanza: '{}', at: 1 } },
        { put: { hash: 'i', plaintext: Buffer.from('x'), stanza: '{}', at: 1 } },
        { done: 'h' },
      ],
      messages: [
        { prepared: { messageId: 'M3', content: outgoing('y') } },
        { encoded: { messageId: 'M3', proto: Buffer.from('y') } },
        { refused: { messageId: 'M3', error: 'x' } },
        { reread: { seq: 2, content: inbound('M2', 'y') } },
        { update: { messageId: 'M3', status: 'sent', at: 2 } },
      ],
    }),
    write({
      events: [lifecycle(5), messageFact(6, 'call.changed')],
      accountEvents: [
        {
          seq: 6,
          key: 'c',
          event: { type: 'call', call_id: 'c', status: 'missed' } as never,
          happenedAt: 1,
          at: 1,
        },
      ],
      deliveries: [delivery(5, 'status'), delivery(6, 'events')],
    }),
  ]
}

/** Does all that the store of `memory` can do, so that every statement of it runs at least once; `moveOn` lets time pass. */
export async function useEverything(memory: MemoryStore, moveOn: () => void): Promise<void> {
  const { store } = memory
  const followed = store.committed.follow(() => {})
  for (const write of writes()) await store.commit(write)
  followed.end()
  await store.committed.between(0, followed.head + 100, 100)
  moveOn()
  await store.commit({ streamId: STREAM, epoch: 1, listedAs: 'open', standsStill: 'x' })
  await read(memory)
  const heads = [`${STREAM}|messages`, STREAM, `${STREAM}|receipt`].map(lane => store.deliveries.head(lane))
  const [pending, other, receipt] = (await Promise.all(heads)).map(head => head!.id) as [
    number,
    number,
    number,
  ]
  const { deliveries, downloads, media } = store
  await deliveries.settle(pending, { retryAt: 9, error: 'x', countsTry: true, countsAttempt: true })
  await deliveries.settle(pending, { hastened: true, at: 1 })
  await deliveries.settle(pending, { dead: true, at: 9, error: 'x' })
  await deliveries.settle(pending, { redriven: true, at: 9 })
  await deliveries.settle(pending, { done: true })
  const acceptedStatus = { estadoQr: 'active' as const, at: 1, streamId: STREAM }
  await deliveries.settle(other, { done: true, acceptedStatus })
  await deliveries.settle(receipt, { done: true })
  await deliveries.settle((await deliveries.head(`${STREAM}|messages`))!.id, { done: true })
  await downloads.settle(STREAM, 2, { retryAt: 9, error: 'x' })
  await downloads.settle(STREAM, 2, { done: true })
  await media.changed([
    { stored: FILE, at: 1 },
    { used: FILE, at: 2 },
    { found: FILE },
    { complete: true },
    { removed: FILE, before: 1 },
    { gone: FILE },
  ])
  await store.eraseBodies(1e12, 10)
  const from = { session: 0, seq: 0 }
  await store.prune({ factsBefore: 1e12, messagesBefore: 1e12, from, limit: 100 })
  await read(memory)
  // A write that fails alone takes the way with savepoints.
  await store.commit({ streamId: STREAM, epoch: 1, messages: [insert(7, 'in')] })
  await store.commit({ streamId: STREAM, epoch: 1, messages: [insert(7, 'in')] }).catch(() => {})
  await store.claim(STREAM)
  await store.commit({ streamId: STREAM, epoch: 2, erase: 'keys' })
  await store.commit({ streamId: STREAM, epoch: 2, erase: 'stream' })
  await store.eraseDeleted(10)
  await read(memory)
}

async function read({ store, stored }: MemoryStore): Promise<void> {
  const { keys, messages, deliveries, downloads, media } = store
  const { sessions, log, accountEvents, chats } = stored
  sessions.find('a')
  for (const filter of [{}, { state: 'open' }, { userId: '42' }, { q: 'a' }, { after: 'a' }])
    sessions.list({ limit: 10, ...filter })
  sessions.acceptedStatus('a')
  for (const _ of sessions.all());
  log.after(STREAM, 0, 10)
  log.stateAt(STREAM, 5)
  log.nextState(STREAM, 1)
  for (const kind of FACT_KINDS) log.before(STREAM, 9, 10, kind)
  keys.get(STREAM, 'session', ['1'])
  keys.inbox(STREAM, 'h')
  keys.unfinished(STREAM)
  messages.find(STREAM, 'M2')
  messages.hasDedupeKey(STREAM, 'k')
  messages.goneTo(STREAM)
  messages.unsent(STREAM)
  messages.unsentOf(STREAM, 10)
  messages.overdue(9, 10)
  messages.idempotent(STREAM, 'k', 1)
  messages.encoded(STREAM, 'M3')
  messages.originals(STREAM, 'M2')
  messages.secretOf(STREAM, 'M3')
  messages.knowsChat(STREAM, ['9@lid', 'nobody'])
  messages.inChat(STREAM, ['9@lid'], null, 10)
  messages.received(STREAM, 0, 10, 10)
  messages.unread(STREAM, 0, 10)
  await deliveries.head(`${STREAM}|messages`)
  await deliveries.lanes('', 10)
  await deliveries.hasNext(`${STREAM}|chat`, 0)
  await deliveries.hasPending(STREAM)
  await deliveries.pendingOf([STREAM], 10)
  await deliveries.counts()
  await deliveries.backlog()
  await deliveries.find(1)
  await deliveries.page({ state: 'dead', limit: 10 })
  await downloads.streamsDue(9)
  await downloads.due(STREAM, 9, 10)
  await downloads.hasPending(STREAM)
  await downloads.nextAt(0)
  await downloads.describe(FILE)
  await media.unusedSince(9, 10)
  await media.unneeded(10)
  await media.isUnneeded(FILE)
  if (await media.isComplete()) store.people.find(STREAM, '9@lid')
  store.people.find(STREAM, 'nobody')
  chats.newest(STREAM, null, 10)
  chats.deliveriesOf(STREAM, [2, 4])
  store.chatTimers.find(STREAM, ['9@lid'])
  accountEvents.find(STREAM, 'c')
  accountEvents.between(STREAM, 0, 10, 10)
  accountEvents.nameOf(STREAM, '9@lid')
}
