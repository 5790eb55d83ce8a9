import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { differences, type GoldenRow } from '../golden/logs.ts'
import { commandOf } from '../run-command.ts'
import { pairedCreds, writeAuthFolder } from '../whatsapp/importing/folders.ts'

const root = mkdtempSync(join(tmpdir(), 'import-run-'))
afterAll(() => rmSync(root, { recursive: true }))
afterEach(() => vi.unstubAllEnvs())

const run = commandOf('import/run.ts')
let dirs = 0
const fresh = () => {
  vi.stubEnv('DATA_DIR', join(root, `data-${++dirs}`))
  return { dataDir: join(root, `data-${dirs}`), auth: join(root, `auth-${dirs}`) }
}
const creds = (number: string) => ({ 'creds.json': pairedCreds({ id: `${number}:3@s.whatsapp.net` }) })

describe('npm run import', () => {
  it('finds sessions wherever gateways keep them', async () => {
    const { auth } = fresh()
    writeAuthFolder(join(auth, 'plain'), creds('34600000001'))
    writeAuthFolder(join(auth, '42', 'nested'), creds('34600000002'))
    writeAuthFolder(join(auth, 'tenants', 'a', 'deep'), creds('34600000003'))
    mkdirSync(join(auth, 'empty'))
    const { code, table } = await run('--auth', auth, '--user', '7')
    expect(table).toMatch(/✔ plain /)
    expect(table).toMatch(/✔ 42\/nested +as nested/)
    expect(table).toMatch(/✔ tenants\/a\/deep +as deep/)
    expect({ code, said: /\d sessions moved in/.exec(table)?.[0] }).toEqual({
      code: 0,
      said: '3 sessions moved in',
    })
  })

  it('takes one folder that is a session itself', async () => {
    const { auth } = fresh()
    const folder = writeAuthFolder(join(auth, 'auth_info_baileys'), creds('34600000001'))
    const { code, table } = await run('--auth', folder, '--user', '7')
    expect(table).toMatch(/✔ auth_info_baileys /)
    expect(code).toBe(0)
  })

  it('begins a log that the machine itself would have made', async () => {
    const { auth, dataDir } = fresh()
    writeAuthFolder(join(auth, 'shop'), creds('34600000001'))
    await run('--auth', auth, '--user', '7')
    const db = new DatabaseSync(join(dataDir, 'store.sqlite'), { readOnly: true })
    const rows = db.prepare('SELECT * FROM events ORDER BY seq').all() as unknown as (GoldenRow & {
      data: string
    })[]
    db.close()
    expect(rows.map(({ seq, type, state }) => [seq, type, state])).toEqual([
      [1, 'session.created', 'starting.connecting'],
      [2, 'socket.paired', 'starting.connecting'],
    ])
    expect(differences(rows.map(row => ({ ...row, data: JSON.parse(row.data) })))).toEqual([])
  })

  it('stores nothing on a dry run, not even a store', async () => {
    const { auth, dataDir } = fresh()
    writeAuthFolder(join(auth, 'shop'), creds('34600000001'))
    const { code, table } = await run('--auth', auth, '--user', '7', '--dry-run')
    expect(table).toMatch(/1 session would move in/)
    expect({ code, isMade: existsSync(dataDir) }).toEqual({ code: 0, isMade: false })
  })

  it('never moves two folders in under one name', async () => {
    const { auth } = fresh()
    writeAuthFolder(join(auth, 'a', 'shop'), creds('34600000001'))
    writeAuthFolder(join(auth, 'b', 'shop'), creds('34600000002'))
    const { code, table } = await run('--auth', auth, '--user', '7')
    expect(table).toMatch(/✔ a\/shop/)
    expect(table).toMatch(/✖ b\/shop +a session "shop" is here already, and it is another device/)
    expect(code).toBe(1)
  })

  it('shows nothing that a terminal would obey, and no key', async () => {
    const { auth } = fresh()
    const paired = pairedCreds({ name: '\u001b[2Jwiped\u0007\u202e' })
    writeAuthFolder(join(auth, 'shop'), { 'creds.json': paired })
    const { table } = await run('--auth', auth, '--user', '7')
    expect(table).toContain('+34600000001 wiped, user 7')
    for (const character of ['\u0007', '\u001b', '\u202e']) expect(table).not.toContain(character)
    expect(table).not.toContain(paired.advSecretKey)
  })

  it.each([
    [['--auth', join(root, 'nowhere'), '--user', '7'], /is no folder/],
    [['--auth', root, '--user', '{session}'], /must have \{user\}/],
  ])('says what to do when it is called with %o', async (args, reason) => {
    const { code, table, progress } = await run(...args)
    expect(progress).toMatch(reason)
    expect({ code, table }).toEqual({ code: 1, table: '' })
  })

  it('says it of a folder in which there is no session', async () => {
    const { auth } = fresh()
    mkdirSync(join(auth, 'chrome-profile'), { recursive: true })
    const { code, progress } = await run('--auth', auth, '--user', '7')
    expect(progress).toMatch(/has no creds\.json, nor has any folder in it/)
    expect(code).toBe(1)
  })
})
