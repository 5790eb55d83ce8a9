import { describe, expect, it } from 'vitest'
import { postgresBin } from '../../harness/postgres/server.ts'
import { describeWithOwnRedis } from '../redis.ts'
import { commandOf } from '../run-command.ts'

const ledger = commandOf('chaos/run.ts')

describe('the ledger', () => {
  it('finds nothing lost and nothing doubled when the manager is killed at every named point', {
    timeout: 300_000,
  }, async () => {
    const { code, table, progress, count } = await ledger('--sessions', '5', '--rounds', '7', '--seed', '11')
    expect(table, progress).not.toContain('WRONG')
    expect(code).toBe(0)
    expect(progress).toContain('named points reached: 6, missed: 0')
    expect(count('said by contacts')).toBeGreaterThan(200)
    expect(count('delivered to Laravel')).toBe(count('said by contacts'))
    expect(count('accepted from Laravel')).toBeGreaterThan(20)
    expect(count('decrypted by contacts')).toBe(count('accepted from Laravel'))
  })

  it('fails for a manager that stores in the upsert handler only', { timeout: 300_000 }, async () => {
    const points = ['--points', 'before-upsert']
    const { code, table, progress, count } = await ledger(
      ...['--mode', 'naive', '--sessions', '3', '--rounds', '2', '--seed', '12', ...points],
    )
    expect(progress).toContain('named points reached: 1')
    expect(code).toBe(1)
    expect(count('lost')).toBeGreaterThan(0)
    expect(count('of these, acknowledged before')).toBeGreaterThan(0)
    expect(table).toMatch(/acknowledged at \S+ in round \d \(SIGKILL .*; never posted/)
  })
})

describeWithOwnRedis('the ledger with its store on a server', () => {
  it.skipIf(postgresBin() === null)(
    'finds nothing lost when PostgreSQL fails over to a standby that is read-only at first',
    { timeout: 300_000 },
    async () => {
      const { code, table, progress, count } = await ledger(
        ...['--postgres', '--redis', '--sessions', '3', '--rounds', '2'],
        ...['--seed', '6', '--outage-ms', '12000'],
      )
      expect(table, progress).not.toContain('WRONG')
      expect(code, progress).toBe(0)
      expect(progress).toMatch(
        /round 2 of 2: PostgreSQL crashes for good, its standby is promoted later for 12 s/,
      )
      expect(progress).toContain('outages of PostgreSQL lived through: 1')
      expect(count('said by contacts')).toBeGreaterThan(50)
    },
  )
})
