import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { peekIntoStore } from '../../src/store/peek.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { created } from './facts.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'peek-'))
afterAll(() => rmSync(dataDir, { recursive: true }))

it('A look into a store finds nothing where there is none, and makes none', () => {
  expect(peekIntoStore(join(dataDir, 'nowhere'))).toBeNull()
  expect(existsSync(join(dataDir, 'nowhere'))).toBe(false)
})

it('A look into a store that is in use sees its sessions and keys, and takes nothing', async () => {
  const store = await openSqliteStore({ dataDir })
  const key = { type: 'creds', id: '0', value: new Uint8Array([1, 2]) }
  await store.commit(created('shop', { keys: [key] }))
  const peek = peekIntoStore(dataDir)!
  expect((await Array.fromAsync(peek.sessions.all())).map(({ sessionId }) => sessionId)).toEqual(['shop'])
  expect(await peek.keys.get('stream-of-shop', 'creds', ['0'])).toEqual({ 0: key.value })
  peek.close()
  await store.commit({ streamId: 'stream-of-shop', epoch: 1, keys: [{ ...key, value: null }] })
  await store.close()
})
