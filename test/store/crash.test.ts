import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { assertProperty } from '../property.ts'
import { living } from './facts.ts'

const WRITER = fileURLToPath(new URL('./crash-writer.ts', import.meta.url))

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'store-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

/** Runs the writer, kills it with SIGKILL after `lines` acknowledgements, returns the highest acknowledged seq by session. */
async function killedAfter(lines: number): Promise<Map<string, number>> {
  const child = spawn(process.execPath, [WRITER, dir], { stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  let seen = 0
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
    seen += text.split('\n').length - 1
    if (seen >= lines) child.kill('SIGKILL')
  })
  const [, signal] = await once(child, 'close')
  expect({ signal, said }).toEqual({ signal: 'SIGKILL', said: '' })
  const acknowledged = new Map<string, number>()
  for (const line of printed.split('\n').slice(0, -1)) {
    const [sessionId, seq] = line.split(' ')
    acknowledged.set(sessionId!, Number(seq))
  }
  return acknowledged
}

test('kill -9 at random loses nothing that was acknowledged and leaves no gap', {
  timeout: 120_000,
}, async () => {
  let total = 0
  await assertProperty(
    fc.asyncProperty(fc.integer({ min: 1, max: 1_500 }), async lines => {
      const acknowledged = await killedAfter(lines)
      const store = await openSqliteStore({ dataDir: dir })
      for (const [sessionId, seq] of acknowledged) {
        const { streamId, lastSeq } = await living(store, sessionId)
        expect(lastSeq).toBeGreaterThanOrEqual(seq)
        const seqs = (await store.log.after(streamId, 0, 1_000_000)).map(event => event.seq)
        expect(seqs).toEqual(Array.from({ length: lastSeq }, (_, i) => i + 1))
        expect(Buffer.from((await store.keys.get(streamId, 't', ['seq'])).seq!).toString()).toBe(
          String(lastSeq),
        )
      }
      total += acknowledged.size
      await store.close()
    }),
    { numRuns: 10, endOnFailure: true },
  )
  expect(total).toBeGreaterThanOrEqual(10)
})

test('a second process on the data directory is refused in one line, and the lock of a killed one is free', async () => {
  const store = await openSqliteStore({ dataDir: dir })
  const second = spawn(process.execPath, [WRITER, dir], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  second.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const [code] = await once(second, 'close')
  expect(code).toBe(1)
  expect(said).toMatch(/DATA_DIR .* is in use by another running manager/)
  await store.close()
  await killedAfter(1)
  await (await openSqliteStore({ dataDir: dir })).close()
})

test('a process that does not close the store still ends, after its writes are durable', async () => {
  const script = `
    const { openSqliteStore } = await import(${JSON.stringify(new URL('../../src/store/sqlite.ts', import.meta.url))})
    const { given } = await import(${JSON.stringify(new URL('./facts.ts', import.meta.url))})
    const store = await openSqliteStore({ dataDir: ${JSON.stringify(dir)} })
    for (let i = 0; i < 20; i++) void given(store, 's' + i).then(() => process.stdout.write('.'))`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.on('data', data => {
    printed += data
  })
  const [code] = await once(child, 'close')
  expect([code, printed]).toEqual([0, '.'.repeat(20)])
  const store = await openSqliteStore({ dataDir: dir })
  expect(await Array.fromAsync(store.sessions.all())).toHaveLength(20)
  await store.close()
})
