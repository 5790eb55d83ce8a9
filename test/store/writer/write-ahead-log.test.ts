import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WriteAheadLog } from '../../../src/store/writer/write-ahead-log.ts'

let dir: string
let db: DatabaseSync
let wal: WriteAheadLog
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'wal-'))
  db = new DatabaseSync(join(dir, 'a.sqlite'))
  db.exec('PRAGMA journal_mode = WAL; PRAGMA secure_delete = ON; CREATE TABLE t (a INTEGER PRIMARY KEY, b)')
  wal = new WriteAheadLog(db)
})
afterEach(() => {
  if (db.isOpen) db.close()
  rmSync(dir, { recursive: true })
})

const file = (name: string) => join(dir, name)
const write = (rows: number) => {
  for (let i = 0; i < rows; i++) db.prepare('INSERT INTO t (b) VALUES (?)').run('written '.repeat(200))
}
/** Frames that only the log has. */
const waiting = () => {
  const { log, checkpointed } = db.prepare('PRAGMA wal_checkpoint(NOOP)').get() as Record<string, number>
  return log! - checkpointed!
}

test('a short log is left alone, a long one is brought over, and the next commit begins it anew', () => {
  write(50)
  const short = waiting()
  wal.checkpointIfLong()
  expect(waiting()).toBe(short)
  write(600)
  wal.checkpointIfLong()
  expect(waiting()).toBe(0)
  const size = statSync(file('a.sqlite-wal')).size
  write(100)
  expect(statSync(file('a.sqlite-wal')).size).toBe(size)
})

test('a commit that nothing idle came before brings it over itself', () => {
  write(3000)
  expect(waiting()).toBeLessThan(4100)
  expect(statSync(file('a.sqlite')).size).toBeGreaterThan(4_000_000)
})

test('what was erased is taken out once nobody reads what was before', () => {
  write(1)
  db.exec('DELETE FROM t')
  const reader = new DatabaseSync(file('a.sqlite'), { readOnly: true })
  reader.exec('BEGIN')
  reader.prepare('SELECT * FROM t').all()
  wal.truncate()
  expect(readFileSync(file('a.sqlite-wal'), 'latin1')).toContain('written ')
  reader.exec('COMMIT')
  wal.checkpointIfLong()
  expect(statSync(file('a.sqlite-wal')).size).toBe(0)
  expect(readFileSync(file('a.sqlite'), 'latin1')).not.toContain('written ')
  reader.close()
})

test('a disk that fails is told by the next commit, not here', () => {
  write(600)
  db.close()
  expect(() => wal.checkpointIfLong()).not.toThrow()
  expect(() => wal.truncate()).not.toThrow()
})
