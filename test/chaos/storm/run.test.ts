import { describe, expect, it } from 'vitest'
import { commandOf } from '../../run-command.ts'

const storm = commandOf('chaos/storm/run.ts')

describe('the storm', () => {
  it('loses nothing, doubles nothing, asks nobody for a QR, and everybody is back', {
    timeout: 300_000,
  }, async () => {
    const { code, table, progress, count } = await storm(
      '--minutes',
      '0.15',
      '--sessions',
      '8',
      '--seed',
      '3',
    )
    expect(table, progress).not.toContain('WRONG')
    expect(code, progress).toBe(0)
    expect(count('said by contacts')).toBeGreaterThan(50)
    expect(count('delivered to Laravel')).toBe(count('said by contacts'))
    expect(count('accepted from Laravel')).toBeGreaterThan(5)
    expect(count('decrypted by contacts')).toBe(count('accepted from Laravel'))
    expect(count('that come back from everything')).toBe(6)
    expect(count('struck by what is not over by itself')).toBe(2)
    expect(count('restarts of the manager')).toBe(2)
  })

  it('prints the same plan for the same seed, and runs nothing', async () => {
    const args = ['--plan', '--minutes', '0.5', '--seed', '4']
    const [one, other] = [await storm(...args), await storm(...args)]
    expect(one.table).toBe(other.table)
    expect(one.table).toMatch(/ s {2}SIGKILL, down for \d+ ms\n/)
    expect(one.table).toMatch(/"kind":"half-open"/)
    expect(one.progress).toBe('')
    expect(one.code).toBe(0)
  })
})
