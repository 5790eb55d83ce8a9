import { cpSync, mkdtempSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeIdIn } from '../../src/app/node-id.ts'

describe('The id of a node', () => {
  let root: string
  let dir: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'node-id-'))
    dir = mkdtempSync(join(root, 'data-'))
  })
  afterEach(() => rmSync(root, { recursive: true }))

  it('is the same after each restart, by whichever name the directory goes', () => {
    const id = nodeIdIn(dir)
    expect(id).toMatch(/^[0-9a-f-]{36}$/)
    expect(nodeIdIn(dir)).toBe(id)
    symlinkSync(dir, join(root, 'link'))
    expect(nodeIdIn(join(root, 'link'))).toBe(id)
    expect(statSync(join(dir, 'node.id')).mode & 0o777).toBe(0o600)
  })

  it('is another one in a copy of the directory, and stays what it was in the first', () => {
    const id = nodeIdIn(dir)
    const copy = join(root, 'copy')
    cpSync(dir, copy, { recursive: true })
    const other = nodeIdIn(copy)
    expect(other).not.toBe(id)
    expect([nodeIdIn(dir), nodeIdIn(copy)]).toEqual([id, other])
  })

  it('is made anew where the directory was moved, or a crash left the file empty', () => {
    const id = nodeIdIn(dir)
    const moved = join(root, 'moved')
    renameSync(dir, moved)
    const ids = [id, nodeIdIn(moved)]
    writeFileSync(join(moved, 'node.id'), '')
    ids.push(nodeIdIn(moved))
    expect(new Set(ids).size).toBe(3)
    expect(nodeIdIn(moved)).toBe(ids[2])
  })
})
