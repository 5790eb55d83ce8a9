import { describe, expect, it } from 'vitest'
import { type CeilingStep, ceilingTable, endOf } from '../../../bench/ceiling/report-ceiling.ts'
import { commandOf } from '../../run-command.ts'

const MB = 1024 * 1024
const limits = { loopMs: 50, rssMb: 3072, most: 5000 }
const step = (changes: Partial<CeilingStep> = {}): CeilingStep => ({
  ...{ sessions: 250, messagesPerSecond: 4.2, loopP99: 3, rss: 200 * MB, cores: 0.04 },
  ...{ cpuPerMessage: 9, inboundP99: 12, sentP99: 15 },
  ...changes,
})

describe('the end of a climb', () => {
  it('is where the event loop is late, the memory too much, or nobody asked for more', () => {
    expect(endOf(step(), limits)).toBeNull()
    expect(endOf(step({ loopP99: 50 }), limits)).toBeNull()
    expect(endOf(step({ loopP99: 51 }), limits)).toBe('its event loop was more than 50 ms late (p99 51 ms)')
    expect(endOf(step({ rss: 3073 * MB }), limits)).toBe('it held more than 3072 MB (3073 MB)')
    expect(endOf(step({ sessions: 5000 }), limits)).toBe('no more than 5000 were asked for')
  })

  it('is told with the last step that held', () => {
    const steps = [step(), step({ sessions: 500 }), step({ sessions: 750, loopP99: 70 })]
    const lines = ceilingTable('ceiling', steps, limits).split('\n')
    expect(lines).toHaveLength(6)
    expect(lines[2]).toMatch(/^ +250 +4\.2 +3\.0 +200 +0\.04 +9\.0 +12 +15$/)
    expect(lines.at(-1)).toBe(
      'ended with 750 sessions: its event loop was more than 50 ms late (p99 70 ms); 500 sessions were carried',
    )
    expect(ceilingTable('ceiling', steps.slice(2), limits)).toMatch(/; no step was carried$/)
  })
})

describe('the climb', () => {
  const ceiling = commandOf('bench/ceiling/run.ts')

  it('adds sessions step by step, loses nothing, and says why it ended', { timeout: 120_000 }, async () => {
    const short = ['--step', '2', '--most', '3', '--seconds', '1', '--loop-ms', '10000']
    const { code, table, progress } = await ceiling(...short)
    expect(code, progress).toBe(0)
    expect(table).toMatch(
      /^ +2 .*\n +3 .*\nended with 3 sessions: no more than 3 were asked for; 3 sessions were/m,
    )
  })

  it('ends where memory does', { timeout: 120_000 }, async () => {
    const { code, table, progress } = await ceiling('--step', '1', '--seconds', '1', '--rss-mb', '10')
    expect(code, progress).toBe(0)
    expect(table).toMatch(/^ended with 1 sessions: it held more than 10 MB/m)
  })
})
