import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { World } from './world.ts'

const SHOP = '34600000001'
const ANA = '34600000011'
const EVA = '34600000012'
const WAIT = { timeout: 30_000, interval: 50 }
const MISSING = 'sqlite3 is not installed: apt-get install sqlite3'

const hasSqlite = (() => {
  try {
    execFileSync('sqlite3', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

/** The shell commands under a heading of the operator's page, as they would be pasted. */
function commandsUnder(heading: string): string[] {
  const page = readFileSync('docs/operations.md', 'utf8')
  const part = page.slice(page.indexOf(`\n## ${heading}\n`)).split(/\n## /)[1] ?? ''
  return [...part.matchAll(/```sh\n([\s\S]*?)```/g)].map(match => match[1]!)
}

/** In place of Docker: what the page's lines would run in the container runs here. */
const DOCKER = `#!/bin/sh
[ "$2" = stop ] && exit
while [ "$1" != manager ]; do shift; done
shift
exec "$@"
`

describe('Backup and restore, by the commands of docs/operations.md', () => {
  const world = new World({ CONNECT_PER_SECOND: '1000' })
  const backup = mkdtempSync(join(tmpdir(), 'backup-'))
  let group = ''
  const run = (commands: string, env: Record<string, string> = {}) =>
    execFileSync('sh', ['-e', '-c', commands], {
      env: { PATH: process.env.PATH, DATA_DIR: world.dataDir, BACKUP: backup, ...env },
      encoding: 'utf8',
    })
  const runInContainer = (commands: string) => {
    writeFileSync(join(backup, 'docker'), DOCKER, { mode: 0o700 })
    const here = commands.replaceAll('/data', world.dataDir).replaceAll('backup.tar', '"$BACKUP/backup.tar"')
    run(here, { PATH: `${backup}:${process.env.PATH}` })
  }
  const ana = () => world.simulator.contact(ANA, { name: 'Ana' })
  const eva = () => world.simulator.contact(EVA, { name: 'Eva' })
  const heard = (text: string) =>
    vi.waitFor(() => {
      const bodies = world.laravel.accepted('/messages', 'shop').map(({ body }) => body)
      expect(bodies).toContain(text)
    }, WAIT)
  const sends = async (text: string) => {
    expect((await world.send('shop', ANA, text)).status).toBe(200)
    expect((await world.send('shop', group, `${text}, to all`)).status).toBe(200)
    for (const [contact, wanted] of [
      [ana(), text],
      [ana(), `${text}, to all`],
      [eva(), `${text}, to all`],
    ] as const)
      await vi.waitFor(() => expect(contact.inbox.map(({ text }) => text)).toContain(wanted), WAIT)
  }
  const exchange = async (when: string) => {
    await ana().say(SHOP, `${when}, from Ana`)
    await eva().say(group, `${when}, from Eva in the group`)
    await heard(`${when}, from Ana`)
    await heard(`${when}, from Eva in the group`)
    await sends(`${when}, from the shop`)
  }

  beforeAll(async () => {
    await world.start()
    await world.link('shop', SHOP)
    group = world.simulator.group('Team', [ANA, SHOP, EVA]).jid
    await exchange('before the backup')
  }, 60_000)
  afterAll(async () => {
    await world.end()
    for (const dir of [backup, `${world.dataDir}.before`]) rmSync(dir, { recursive: true, force: true })
  })

  it('copies a running store at one moment, with what goes with it', async ({ skip }) => {
    skip(!hasSqlite, MISSING)
    const [withSqlite, withNode] = commandsUnder('Backup')
    let talks = true
    const talk = (async () => {
      for (let n = 0; talks; n++) await world.send('shop', ANA, `while it is copied ${n}`)
    })()
    expect(run(withSqlite!)).toMatch(/^ok$/m)
    const other = join(backup, 'by-node')
    run('mkdir "$BACKUP"', { BACKUP: other })
    run(withNode!, { BACKUP: other, PATH: `${process.cwd()}/node_modules/.bin:${process.env.PATH}` })
    talks = false
    await talk
    for (const file of ['media', 'media-link.key']) expect(existsSync(join(backup, file)), file).toBe(true)
    for (const dir of [backup, other]) {
      const db = new DatabaseSync(join(dir, 'store.sqlite'), { readOnly: true })
      expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
      expect(db.prepare("SELECT count(*) AS n FROM keys WHERE type = 'creds'").get()!.n).toBeGreaterThan(0)
      db.close()
    }
    rmSync(other, { recursive: true })
  })

  it('comes back without a QR after the conversations went on, and both sides read each other', {
    timeout: 90_000,
  }, async ({ skip }) => {
    skip(!hasSqlite, MISSING)
    for (const when of ['after the backup', 'later', 'last']) await exchange(when)
    expect(await world.stopManager('SIGTERM')).toBe(0)
    const { registrations, qrRefs } = world.simulator.counters
    run(commandsUnder('Restore')[0]!)
    await world.startManager()
    await world.waitForState('shop', 'open')
    expect(world.simulator.counters).toMatchObject({ registrations, qrRefs })
    const unread = world.simulator.ledger.undecryptable.length
    await sends('restored, from the shop')
    expect(world.simulator.ledger.undecryptable.length, 'nobody waits for a message').toBe(unread)
    await exchange('afterwards')
  })

  it('does both with the volume of a container', { timeout: 90_000 }, async ({ skip }) => {
    skip(!hasSqlite, MISSING)
    runInContainer(commandsUnder('Backup')[2]!)
    await exchange('after the second backup')
    expect(await world.stopManager('SIGTERM')).toBe(0)
    runInContainer(commandsUnder('Restore')[1]!)
    expect(statSync(join(world.dataDir, 'store.sqlite')).mode & 0o077).toBe(0)
    const { registrations, qrRefs } = world.simulator.counters
    await world.startManager()
    await world.waitForState('shop', 'open')
    expect(world.simulator.counters).toMatchObject({ registrations, qrRefs })
    await sends('restored into a volume')
  })
})
