import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { bytesIn } from '../../bench/probe/disk.ts'

it('counts the files of a directory and below it', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'disk-'))
  await mkdir(join(dir, 'media'))
  await writeFile(join(dir, 'store.sqlite'), 'x'.repeat(100))
  await writeFile(join(dir, 'media', 'a'), 'x'.repeat(11))
  expect(await bytesIn(dir)).toBe(111)
  await rm(dir, { recursive: true })
  expect(await bytesIn(dir)).toBe(0)
})
