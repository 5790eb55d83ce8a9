import { createRequire } from 'node:module'
import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { PLANS_OF_LISTS } from '../../../src/store/postgres/connection.ts'
import { openOwnerTable } from '../../../src/store/postgres/owners.ts'
import { openPostgresStore } from '../../../src/store/postgres/postgres.ts'
import { createSchema, DATABASE_URL, describeWithPostgres, dropSchema, onPostgres } from '../../postgres.ts'
import { inbound, messageFact, outgoing } from '../facts.ts'

/** The text of a value as node-postgres sends it. */
const { prepareValue } = createRequire(import.meta.url)('pg/lib/utils') as {
  prepareValue(value: unknown): unknown
}

const SESSIONS = 2_000
/** A table with fewer rows is read whole as fast as by an index, and the planner does so. */
const FEW = 500
const STREAM = 'stream-7'
const HASH = 'f'.repeat(64)

/** A year of a small installation, in proportion. */
const FILL = `
INSERT INTO sessions (stream_id, session_id, user_id, epoch, last_seq, created_at, last_activity, state, context, machine_version, top_state, search)
  SELECT 'stream-' || n, 'session-' || n, n::text, 1, 1000, 1, 1, 'open.settled', '{}', '1', 'open', 'session-' || n FROM generate_series(1, ${SESSIONS}) n;
INSERT INTO events (stream_id, seq, at, lasting, type, data, state, context, machine_version, position)
  SELECT 'stream-' || (n % ${SESSIONS}) + 1, n, n, n % 20 = 0, 'x', '{}', CASE WHEN n % 20 = 0 THEN 'open' END, '{}', '1', n FROM generate_series(1, 40000) n;
INSERT INTO messages (stream_id, seq, at, message_id, chat_id, direction, dedupe_key, content, status, history)
  SELECT 'stream-' || (n % ${SESSIONS}) + 1, n, n, 'M' || n, 'chat-' || n % 5000, CASE WHEN n % 3 = 0 THEN 'out' ELSE 'in' END, 'chat|' || n, '{}',
    CASE WHEN n % 3 = 0 THEN 'read' ELSE 'received' END, '[]' FROM generate_series(1, 40000) n;
INSERT INTO message_keys (stream_id, dedupe_key, seq, at) SELECT stream_id, dedupe_key, seq, at FROM messages;
INSERT INTO keys SELECT 'stream-' || (n % ${SESSIONS}) + 1, 'session', n::text, 'x' FROM generate_series(1, 20000) n;
INSERT INTO inbox (stream_id, hash, plaintext, stanza, at, done_at)
  SELECT 'stream-' || (n % ${SESSIONS}) + 1, n::text, 'x', '{}', n, n FROM generate_series(1, 10000) n;
INSERT INTO people SELECT 'stream-' || (n % ${SESSIONS}) + 1, n || '@lid', n || '@lid', true, NULL, n FROM generate_series(1, 10000) n;
INSERT INTO chat_timers SELECT 'stream-' || (n % ${SESSIONS}) + 1, n || '@lid', 0, n FROM generate_series(1, 5000) n;
INSERT INTO deliveries (id, webhook_id, kind, lane, stream_id, session_id, seq, at, next_at)
  SELECT n, n::text, 'messages', 'stream-' || (n % ${SESSIONS}) + 1 || '|' || n % 7, 'stream-' || (n % ${SESSIONS}) + 1, 's', n, n, n
  FROM generate_series(1, 5000) n;
SELECT setval('delivery_ids', 5000);
INSERT INTO downloads (stream_id, seq, media_id, source, state, at, next_at)
  SELECT 'stream-' || (n % ${SESSIONS}) + 1, n, n::text, '{}', 'done', n, n FROM generate_series(1, 5000) n;
INSERT INTO idempotency SELECT 'stream-' || (n % ${SESSIONS}) + 1, n::text, 'h', 'M', n FROM generate_series(1, 5000) n;`

await describeWithPostgres('The plans of PostgreSQL', () => {
  let schema: string
  /** What a message asked of the server, each statement with the values it had. */
  const asked = new Map<string, unknown[]>()
  beforeAll(async () => {
    schema = await createSchema()
    await (await openPostgresStore({ url: DATABASE_URL, schema, connections: 2 })).close()
    await onPostgres(async client => {
      await client.query(`SET search_path = ${schema}`)
      await client.query(FILL)
      const { rows } = await client.query<{ name: string }>(
        "SELECT relname AS name FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'p')",
        [schema],
      )
      for (const { name } of rows) await client.query(`ANALYZE ${name}`)
    })
    const store = await openPostgresStore({ url: DATABASE_URL, schema, connections: 2 })
    const { query } = pg.Client.prototype
    const spy = vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (
      this: pg.Client,
      ...given: unknown[]
    ) {
      const config = given[0] as { text?: string; values?: unknown[] }
      if (typeof config === 'object' && config.text) asked.set(config.text, config.values ?? [])
      return (query as (...given: unknown[]) => unknown).apply(this, given)
    } as typeof query)
    const owners = openOwnerTable({ url: DATABASE_URL, schema })
    await owners.join({ node: 'a', url: '', place: 'a' }, 60_000)
    asked.clear()
    await aMessageIn(store, lane => owners.takeLanes('a', [lane]))
    await aMessageOut(store)
    await owners.close()
    spy.mockRestore()
    await store.close()
  }, 60_000)
  afterAll(() => dropSchema(schema))

  type Opened = Awaited<ReturnType<typeof openPostgresStore>>

  /** Decrypted, looked up, stored with its delivery, delivered. */
  async function aMessageIn(store: Opened, take: (lane: string) => Promise<unknown>): Promise<void> {
    const lane = `${STREAM}|new`
    await store.keys.inbox(STREAM, HASH, ['chat|newer', 'number|newer'])
    await store.keys.get(STREAM, 'session', ['7'])
    await store.commit({
      ...{ streamId: STREAM, epoch: 1, keys: [{ type: 'session', id: '7', value: Buffer.from('y') }] },
      inbox: [{ put: { hash: HASH, plaintext: Buffer.from('x'), stanza: '{}', at: 1 } }],
    })
    await store.people.find(STREAM, '6@lid')
    await store.chatTimers.find(STREAM, ['6@lid'])
    await store.messages.hasDedupeKey(STREAM, 'chat|new')
    await store.messages.originals(STREAM, 'M6')
    await store.commit({
      ...{
        streamId: STREAM,
        epoch: 1,
        events: [messageFact(1_001)],
        lastActivity: 5,
        inbox: [{ done: HASH }],
      },
      messages: [
        {
          insert: {
            ...{
              messageId: 'new',
              chatId: 'chat',
              direction: 'in',
              dedupeKey: 'chat|new',
              status: 'received',
            },
            ...{ content: inbound('new', 'x'), seq: 1_001, at: 50_000 },
          },
        },
      ],
      deliveries: [
        {
          ...{
            webhookId: 'new',
            kind: 'messages',
            lane,
            sessionId: 'session-7',
            seq: 1_001,
            at: 1,
            payload: null,
          },
        },
      ],
    })
    await take(lane)
    const head = await store.deliveries.head(lane)
    await store.deliveries.hasNext(lane, head!.id)
    await store.deliveries.settle(head!.id, { done: true })
    await store.sessions.find('session-7')
  }

  /** Asked for under a key, stored, encrypted, acknowledged, told. */
  async function aMessageOut(store: Opened): Promise<void> {
    await store.messages.idempotent(STREAM, 'k', 1)
    await store.messages.knowsChat(STREAM, ['chat-6'])
    await store.commit({
      ...{ streamId: STREAM, epoch: 1, events: [messageFact(1_002, 'message.queued')] },
      idempotency: { key: 'k', hash: 'h', messageId: 'out', at: 1 },
      messages: [
        {
          insert: {
            ...{ messageId: 'out', chatId: 'chat', direction: 'out', dedupeKey: 'out|out', status: 'queued' },
            ...{ content: outgoing('x'), seq: 1_002, at: 50_000 },
          },
        },
      ],
    })
    await store.messages.find(STREAM, 'out')
    await store.commit({
      ...{ streamId: STREAM, epoch: 1, events: [messageFact(1_003, 'message.sent')] },
      messages: [
        { encoded: { messageId: 'out', proto: Buffer.from('x') } },
        { update: { messageId: 'out', status: 'sent', at: 2 } },
      ],
    })
    await store.messages.unsentOf(STREAM, 10)
    await store.messages.secretOf(STREAM, 'out')
  }

  interface Plan {
    'Node Type': string
    'Relation Name'?: string
    Plans?: Plan[]
  }
  /** What these settings make of each statement, on the tables as they are: those that are read whole. */
  async function readWhole(
    schema: string,
    settings: string,
    texts: [string, unknown[]][],
    names: Set<string>,
  ): Promise<string[]> {
    const found: string[] = []
    await onPostgres(async client => {
      await client.query(`SET search_path = ${schema}; ${settings}`)
      for (const [i, [text, values]] of texts.entries()) {
        await client.query(`PREPARE p${i} AS ${text}`)
        const given = values.map(value => {
          const sent = prepareValue(value)
          if (sent === null || sent === undefined) return 'NULL'
          return Buffer.isBuffer(sent) ? `'\\x${sent.toString('hex')}'` : pg.escapeLiteral(String(sent))
        })
        const list = given.length === 0 ? '' : `(${given.join(', ')})`
        const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
          `EXPLAIN (FORMAT JSON) EXECUTE p${i}${list}`,
        )
        for (const node of nodesOf(rows[0]!['QUERY PLAN'][0].Plan))
          if (node['Node Type'] === 'Seq Scan' && names.has(node['Relation Name'] ?? ''))
            found.push(`${node['Relation Name']}: ${text.slice(0, 150)}`)
      }
    })
    return found
  }
  const statements = () =>
    [...asked].filter(([text]) => /^\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH)\b/.test(text))
  const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]

  // A statement that is prepared once is planned for its values at first, and later for whatever comes.
  test.each([
    'force_custom_plan',
    'force_generic_plan',
  ])('read no table of a message’s path whole (%s)', async mode => {
    const texts = statements()
    expect(texts.length).toBeGreaterThan(25)
    // It is seen that one is seen.
    texts.push(['SELECT 1 FROM messages WHERE content = $1', ['x']])
    const large = await onPostgres(client =>
      client.query<{ name: string }>(
        'SELECT relname AS name FROM pg_class WHERE relnamespace = $1::regnamespace AND reltuples > $2',
        [schema, FEW],
      ),
    )
    const names = new Set(large.rows.map(({ name }) => name))
    expect([...names]).toEqual(
      expect.arrayContaining(['sessions', 'messages_rest', 'events_lasting', 'keys']),
    )
    expect(await readWhole(schema, `SET plan_cache_mode = ${mode}`, texts, names)).toEqual([
      'messages_rest: SELECT 1 FROM messages WHERE content = $1',
    ])
  })

  // They are kept while the tables grow, until somebody analyzes them.
  test('are by an index for lists of rows that were planned while the tables were empty', async () => {
    const empty = await createSchema()
    await (await openPostgresStore({ url: DATABASE_URL, schema: empty, connections: 2 })).close()
    const { rows } = await onPostgres(client =>
      client.query<{ name: string }>(
        "SELECT relname AS name FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind = 'r' AND relname NOT IN ('store', 'nodes')",
        [empty],
      ),
    )
    const names = new Set(rows.map(({ name }) => name))
    expect(names.size).toBeGreaterThan(15)
    expect(await readWhole(empty, PLANS_OF_LISTS, statements(), names)).toEqual([])
    expect(
      await readWhole(empty, 'SET plan_cache_mode = force_generic_plan', statements(), names),
    ).not.toEqual([])
    await dropSchema(empty)
  })
})
