import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it, vi } from 'vitest'

const dir = mkdtempSync(join(tmpdir(), 'whatsapp-manager-start-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const startWith = (cache: string) =>
  spawn(process.execPath, ['src/start.js'], {
    env: {
      ...{ PORT: '0', DATA_DIR: join(dir, 'data'), LOG_FORMAT: 'json' },
      ...{ NODE_COMPILE_CACHE: cache, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' },
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })

/** Starts the manager with this cache, stops it once it is up, and resolves with its exit code and what it printed. */
async function upAndDown(cache: string): Promise<{ code: number; printed: string }> {
  const child = startWith(cache)
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      printed += chunk
    })
  const url = await vi.waitFor(() => /"url":"(http:[^"]+)"/.exec(printed)![1], {
    timeout: 20_000,
    interval: 20,
  })
  await fetch(`${url}/health/live`)
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  return { code, printed }
}

it('no thread of a start strips types, not even of the first: what is not in the cache another process puts there', async () => {
  const { code, printed } = await upAndDown(join(dir, 'cache'))
  expect(code).toBe(0)
  expect(printed).toContain('StrippedTypeScript')
  expect(printed.match(/saving transpilation cache for .*/g)).toBeNull()
})

it('starts where nothing can be cached', async () => {
  const { code } = await upAndDown('/dev/null/cache')
  expect(code).toBe(0)
})

it('ends by itself when it is stopped while it starts, which process 1 of a container would not hear of otherwise', async () => {
  const cache = join(dir, 'early')
  const child = startWith(cache)
  child.stderr.resume()
  child.stdout.resume()
  const filling = () => expect(readdirSync(cache).join()).toContain('filled-')
  await vi.waitFor(filling, { timeout: 20_000, interval: 5 })
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})
