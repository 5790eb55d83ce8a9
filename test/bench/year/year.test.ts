import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const run = promisify(execFile)
/** What it waited for stands in the error. */
const IN_TIME = { timeout: 100_000 }

/** What must have been measured; a run that leaves something of a deleted session fails. */
const THINGS = [
  'start with nothing stored',
  'start',
  'GET /stats',
  'GET /sessions?limit=1000',
  'rounds of the reaper, sweeps of lanes',
  'removing what is too old',
  'DELETE of the largest session',
  'erasing it',
]

it('measures everything on a small data directory, and judges by its limit', {
  timeout: 240_000,
}, async () => {
  const flags = ['bench/year/run.ts', '--small', '--limit']
  const { stdout } = await run(process.execPath, [...flags, '10000'], IN_TIME)
  for (const thing of THINGS)
    expect(stdout).toMatch(new RegExp(`^${thing.replace(/[?]/g, '\\?')}\\s+[\\d.]+`, 'm'))
  expect(stdout).not.toContain('too long')
  const strict = await run(process.execPath, [...flags, '1'], IN_TIME).catch(error => error)
  expect([strict.code, strict.stdout.includes('too long')]).toEqual([1, true])
})
