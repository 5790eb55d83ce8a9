import { DatabaseSync } from 'node:sqlite'
import { beforeEach, expect, test } from 'vitest'
import type { Write } from '../../../src/ports/store.ts'
import { encodeWrite } from '../../../src/store/encoded-write.ts'
import { prepareSchema } from '../../../src/store/schema.ts'
import { GroupCommit } from '../../../src/store/writer/group-commit.ts'
import type { Done } from '../../../src/store/writer/worker-messages.ts'
import { created, messageFact } from '../facts.ts'

let db: DatabaseSync
let group: GroupCommit
const streamId = 'stream-of-a'
beforeEach(() => {
  db = new DatabaseSync(':memory:')
  prepareSchema(db)
  group = new GroupCommit(db)
  run(0, created('a'))
})

const post = (seen: number, ...writes: Write[]) => ({
  seen,
  now: 1,
  requests: writes.map(write => ({ write: encodeWrite(write) })),
})
const run = (seen: number, ...writes: Write[]) => group.run([post(seen, ...writes)])
const codes = ({ failed }: Done) => failed.map(([index, { code }]) => `${index} ${code}`)
const fact = (seq: number, epoch = 1): Write => ({ streamId, epoch, events: [messageFact(seq)] })
const touch = (epoch = 1): Write => ({ streamId, epoch, lastActivity: 5_000 })

test('a sender that has not seen a failure is refused with its code, one that has seen it goes on', () => {
  expect(codes(run(1, fact(7)))).toEqual(['0 SEQ_CONFLICT'])
  expect(codes(run(1, touch(), fact(2)))).toEqual(['0 SEQ_CONFLICT', '1 SEQ_CONFLICT'])
  expect(codes(run(2, fact(2)))).toEqual([])
})

test('senders that have and have not seen the failure are told apart in one commit', () => {
  run(1, fact(7))
  const done = group.run([post(1, touch()), post(2, fact(2), touch()), post(2, fact(9)), post(2, touch())])
  expect(codes(done)).toEqual(['0 SEQ_CONFLICT', '3 SEQ_CONFLICT', '4 SEQ_CONFLICT'])
})

test('a new owner is not held to the failures of the old one', () => {
  const done = group.run([
    { ...post(1), requests: [{ write: encodeWrite(fact(7)) }, { claim: streamId }] },
    post(1, touch(1), fact(2, 2)),
  ])
  expect(done.results[0]).toEqual([1, 2])
  expect(codes(done)).toEqual(['0 SEQ_CONFLICT', '2 SEQ_CONFLICT'])
})

test('a failure halfway does not change what was refused or claimed around it', () => {
  run(1, created('b'))
  run(2, fact(7))
  const dead: Write = { ...fact(2), keys: [{ type: null as never, id: 'x', value: Buffer.from('x') }] }
  const b = { ...fact(2), streamId: 'stream-of-b' }
  const done = group.run([
    post(2, touch()),
    { ...post(3), requests: [{ claim: 'stream-of-b' }, { claim: 'nobody' }] },
    post(3, { ...b, epoch: 2 }, dead, fact(2), { ...b, epoch: 2, events: [messageFact(3)] }),
  ])
  expect(done.results[0]).toEqual([1, 2])
  expect(codes(done)).toEqual(['0 SEQ_CONFLICT', '2 SESSION_NOT_FOUND', '4 INTERNAL', '5 INTERNAL'])
  expect(db.prepare('SELECT last_seq, epoch FROM sessions ORDER BY id').all()).toMatchObject([
    { last_seq: 1, epoch: 1 },
    { last_seq: 3, epoch: 2 },
  ])
})

test('a failure of a transaction that was rolled back does not refuse earlier requests', () => {
  run(1, created('b'))
  const erase: Write = { ...fact(2), erase: 'stream' }
  const broken: Write = {
    ...fact(2),
    streamId: 'stream-of-b',
    keys: [{ type: null as never, id: 'x', value: Buffer.from('x') }],
  }
  expect(codes(run(2, erase, touch(), broken))).toEqual(['1 EPOCH_CONFLICT', '2 INTERNAL'])
})

test('a failing disk fails the whole commit, and later commits work again', () => {
  db.exec(`PRAGMA max_page_count = ${db.prepare('PRAGMA page_count').get()!.page_count}`)
  const huge: Write = { ...fact(2), keys: [{ type: 't', id: 'x', value: Buffer.alloc(100_000) }] }
  const done = group.run([
    { ...post(1, huge, touch()), requests: [...post(1, huge, touch()).requests, { claim: streamId }] },
  ])
  expect(done.failed.map(([, { code, retryable }]) => [code, retryable])).toEqual(
    Array(3).fill(['STORE_FAILED', true]),
  )
  expect(codes(run(1, touch()))).toEqual(['0 STORE_FAILED'])
  db.exec('PRAGMA max_page_count = 100000')
  expect(codes(run(5, huge, touch()))).toEqual([])
  expect(db.prepare('SELECT epoch, last_seq FROM sessions').get()).toMatchObject({ epoch: 1, last_seq: 2 })
})

test('what is too old and cannot be forgotten costs no commit and none of the others, and is told', () => {
  const later = 40 * 86_400_000
  const at = (now: number, ...writes: Write[]) => group.run([{ ...post(1, ...writes), now }])
  db.exec(`INSERT INTO idempotency VALUES ('stream-of-a', 'k', 'h', 'M', 0);
    INSERT INTO inbox VALUES ('stream-of-a', 'h', x'', '', 0, 0);
    INSERT INTO deliveries (webhook_id, kind, lane, stream_id, session_id, seq, at, next_at, dead_at) VALUES ('w', 'messages', 'l', 's', 's', 1, 0, 0, 0);
    CREATE TRIGGER torn BEFORE DELETE ON deliveries BEGIN SELECT json('{'); END`)
  const left = () =>
    ['inbox', 'deliveries', 'idempotency'].map(
      name => db.prepare(`SELECT count(*) AS n FROM ${name}`).get()!.n,
    )
  const done = at(later, fact(2))
  expect(codes(done)).toEqual([])
  expect(done.unforgotten).toMatch(/pruneDead.*malformed JSON/)
  expect(left()).toEqual([0, 1, 0])
  // Once, not every second.
  expect(at(later + 2_000, fact(3)).unforgotten).toBeUndefined()
  db.exec('DROP TRIGGER torn')
  expect(at(later + 4_000, fact(4)).unforgotten).toBeUndefined()
  expect(left()).toEqual([0, 0, 0])
})

test('a write that meets torn JSON fails alone', () => {
  db.exec("CREATE TRIGGER torn BEFORE INSERT ON idempotency BEGIN SELECT json('{'); END")
  const promised: Write = { ...fact(2), idempotency: { key: 'k', hash: 'h', messageId: 'M', at: 1 } }
  const done = group.run([post(1, promised), post(1, created('b'))])
  expect(codes(done)).toEqual(['0 INTERNAL'])
  expect(db.prepare('SELECT count(*) AS n FROM sessions').get()!.n).toBe(2)
})

test('a step of erasing words erases no more of the inbox than its limit either', () => {
  const erasing = new GroupCommit(db, { keepsDone: false })
  for (let n = 0; n < 9; n++)
    db.exec(`INSERT INTO inbox VALUES ('stream-of-a', 'h${n}', x'01', 'words', 0, ${n})`)
  erasing.run([{ seen: 0, now: 1, requests: [{ eraseBodies: { before: 0, limit: 4 } }] }])
  expect(db.prepare("SELECT count(*) AS n FROM inbox WHERE stanza <> ''").get()!.n).toBe(5)
})
