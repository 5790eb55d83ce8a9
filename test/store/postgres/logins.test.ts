import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { MOST_GUESSES_OF_ALL, MOST_GUESSES_OF_ONE } from '../../../src/ports/dashboard/logins.ts'
import { FIND } from '../../../src/store/postgres/logins.ts'
import { openPostgresStore, type PostgresStore } from '../../../src/store/postgres/postgres.ts'
import { loginContract } from '../../http/login/contract.ts'
import { DATABASE_URL, describeWithPostgres, onPostgres } from '../../postgres.ts'
import { TestSchema } from './test-schema.ts'

await describeWithPostgres('Logins of all nodes in PostgreSQL', () => {
  const schema = new TestSchema()
  const stores: PostgresStore[] = []
  const open = async () => {
    const store = await openPostgresStore({ url: DATABASE_URL, schema: await schema.name(), connections: 4 })
    stores.push(store)
    return store.server.logins
  }
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close()
    await schema.empty()
  })
  afterAll(() => schema.drop())

  /** All that happened is so much longer ago, by the clock of the server. */
  const moveOn = async (ms: number) => {
    const ago = `interval '${ms} milliseconds'`
    await schema.query(`UPDATE logins SET began_at = began_at - ${ago}, used_at = used_at - ${ago}`)
    await schema.query(`UPDATE login_guesses SET ends_at = ends_at - ${ago}`)
  }

  describe('keep the contract', () => loginContract(open, moveOn))

  test('begin at one node, are known to another at once, and end at a third for all', async () => {
    const [one, two, three] = await Promise.all([open(), open(), open()])
    await one!.logins.begin('h', 'p')
    expect(await two!.logins.find('h', true)).toBe('p')
    await three!.logins.end('h')
    expect(await Promise.all([one, two].map(node => node!.logins.find('h', true)))).toEqual([null, null])
  })

  test('used at one node they go on at all', async () => {
    const [one, two] = await Promise.all([open(), open()])
    await one!.logins.begin('h', 'p')
    await moveOn(59 * 60_000)
    expect(await one!.logins.find('h', true)).toBe('p')
    await moveOn(59 * 60_000)
    expect(await two!.logins.find('h', true)).toBe('p')
  })

  test('are used without a write but once a minute', async () => {
    const { logins } = await open()
    await logins.begin('h', 'p')
    const written = async () => {
      for (let i = 0; i < 20; i++) await logins.find('h', true)
      return (await schema.query<{ xmin: string }>('SELECT xmin::text FROM logins'))[0]!.xmin
    }
    const before = await written()
    expect(await written()).toBe(before)
    await moveOn(61_000)
    expect(await written()).not.toBe(before)
  })

  test('wrong keys at all nodes at once are as many as at one, by caller and together', async () => {
    const nodes = await Promise.all([open(), open(), open()])
    const guess = async (count: number, caller: (i: number) => string) => {
      const waits = await Promise.all(
        Array.from({ length: count }, (_, i) => nodes[i % 3]!.guesses.wrong(caller(i))),
      )
      return waits.filter(wait => wait === 0).length
    }
    expect(await guess(60, () => 'one')).toBe(MOST_GUESSES_OF_ONE)
    expect(await guess(600, i => `caller ${i % 150}`)).toBe(MOST_GUESSES_OF_ALL - MOST_GUESSES_OF_ONE)
    expect(await guess(30, i => `new ${i}`)).toBe(0)
    await moveOn(60_000)
    await guess(1, () => 'much later')
    expect(await schema.query('SELECT count(*)::int AS rows FROM login_guesses')).toEqual([{ rows: 2 }])
  })

  test('are found by their hashes: no request looks through all of them', async () => {
    await open()
    const name = await schema.name()
    const plan = await onPostgres(async client => {
      await client.query(`SET search_path = ${name}; SET plan_cache_mode = force_generic_plan`)
      await client.query(
        "INSERT INTO logins (hash, proof) SELECT 'h' || i, 'p' FROM generate_series(1, 1000) i",
      )
      await client.query('ANALYZE logins')
      await client.query(`PREPARE asked(text) AS ${FIND}`)
      return JSON.stringify((await client.query("EXPLAIN EXECUTE asked('h7')")).rows)
    })
    expect(plan).toMatch(/Index Scan using logins_pkey/)
  })
})
