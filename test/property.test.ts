import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { assertProperty } from './property.ts'

const seen: number[] = []
const small = fc.property(fc.integer({ min: 0, max: 1_000_000 }), n => {
  seen.push(n)
  return n < 1_000
})

async function failure(): Promise<string> {
  seen.length = 0
  const error = await assertProperty(small).catch((thrown: Error) => thrown)
  return (error as Error).message
}

/** The last line of a failed property, in its parts. */
function repeat(message: string) {
  const line = message.split('\n').at(-1)!
  const parts = /^repeat: FC_SEED=(-?\d+) FC_PATH=([\d:]+) npx vitest run (\S+) -t '(.+)'$/.exec(line)
  if (parts === null) throw new Error(`this repeats nothing: ${line}`)
  const [, seed, path, file, title] = parts as unknown as [string, string, string, string, string]
  return { seed, path, file, title, line }
}

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('a property that fails (on purpose)', () => {
  it("says in one line how to repeat it, a test's title with quotes and dots included", async () => {
    const { file, title } = repeat(await failure())
    expect(file).toBe('test/property.test.ts')
    expect(title.replaceAll("'\\''", "'")).toBe(
      "a property that fails \\(on purpose\\).*says in one line how to repeat it, a test's title with quotes and dots included",
    )
  })

  it('runs once more, at once with its counterexample, when the line is followed', async () => {
    const { seed, path } = repeat(await failure())
    expect(seen.at(-1)).toBeGreaterThanOrEqual(0)
    vi.stubEnv('FC_SEED', seed)
    vi.stubEnv('FC_PATH', path)
    const again = await failure()
    expect(again).toMatch(/after 1 tests/)
    expect(seen).toEqual([1_000])
    expect(repeat(again)).toMatchObject({ seed })
  })

  it('is found by the line as it stands, run by a shell', { timeout: 60_000 }, async () => {
    if (process.env.FC_SEED) return assertProperty(small)
    const { line } = repeat(await failure())
    const run = promisify(execFile)('sh', ['-c', line.replace('repeat: ', '')])
    await expect(run).rejects.toMatchObject({
      stderr: expect.stringContaining('Property failed after 1 tests'),
    })
  })

  it('keeps the cause, and what holds says nothing', async () => {
    const thrown = new Error('no')
    const property = fc.property(fc.integer(), () => {
      throw thrown
    })
    await expect(assertProperty(property)).rejects.toMatchObject({ cause: thrown })
    await expect(assertProperty(fc.property(fc.integer(), () => true))).resolves.toBeUndefined()
  })
})
