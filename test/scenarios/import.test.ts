import { createHash } from 'node:crypto'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BufferJSON } from '@whiskeysockets/baileys'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Child } from '../../harness/child.ts'
import { commandOf } from '../run-command.ts'
import type { MultiFileGateway } from './multi-file-gateway.ts'
import { World } from './world.ts'

const SHOP = '34600000001'
const BAR = '34600000002'
const ANA = '34600000011'
const EVA = '34600000012'
const NUMBERS = [
  ['shop', SHOP],
  ['bar', BAR],
] as const
const WAIT = { timeout: 30_000, interval: 50 }

/** What a folder holds, byte by byte, and when it was written. */
function hashOf(folder: string): string {
  const hash = createHash('sha256')
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    hash.update(file)
    if (file.endsWith('.json')) hash.update(readFileSync(join(folder, file)))
  }
  return hash.digest('hex')
}

/** Rewrites a folder of Baileys 7 as 6 would have written it, where Ana is known by her number and Eva by her LID. */
function asBaileys6(folder: string, pnOfAna: string): void {
  const edit = (file: string, change: (value: never) => unknown) => {
    const value = JSON.parse(readFileSync(join(folder, file), 'utf8'), BufferJSON.reviver)
    writeFileSync(join(folder, file), JSON.stringify(change(value as never), BufferJSON.replacer))
  }
  const files = readdirSync(folder)
  const mapping = JSON.parse(readFileSync(join(folder, `lid-mapping-${pnOfAna}.json`), 'utf8')) as string
  edit('creds.json', ({ me: { lid: _, ...me }, ...creds }: { me: { lid: string } }) => ({ ...creds, me }))
  for (const file of files) {
    if (/^(?:lid-mapping|device-list|tctoken|identity-key)-/.test(file)) rmSync(join(folder, file))
    // A list where 7 has the same as JSON in bytes.
    if (file.startsWith('sender-key-') && !file.startsWith('sender-key-memory-'))
      edit(file, (record: Buffer) => JSON.parse(record.toString(), BufferJSON.reviver))
    if (!/^(?:session|sender-key)-/.test(file) || !file.includes('_1')) continue
    const named = file.replace(/(\d+)_1/, (_, user: string) =>
      user === mapping && file.startsWith('session-') ? pnOfAna : user,
    )
    renameSync(join(folder, file), join(folder, named))
  }
}

describe('A gateway over useMultiFileAuthState, and its sessions after they moved in', () => {
  const runImport = commandOf('import/run.ts')
  const auth = mkdtempSync(join(tmpdir(), 'multi-file-'))
  const world = new World({ CONNECT_PER_SECOND: '1000' })
  const gateways: Child<MultiFileGateway>[] = []
  const groups: Record<string, string> = {}
  let before = ''
  let logins = { qrRefs: 0, registrations: 0 }

  const move = (...args: string[]) => {
    vi.stubEnv('DATA_DIR', world.dataDir)
    return runImport('--auth', auth, ...args).finally(() => vi.unstubAllEnvs())
  }
  const ana = () => world.simulator.contact(ANA, { name: 'Ana' })
  const eva = () => world.simulator.contact(EVA, { name: 'Eva' })

  beforeAll(async () => {
    await world.start()
    for (const [name, number] of NUMBERS) {
      const gateway = new Child<MultiFileGateway>({
        name: 'the old gateway',
        file: 'test/scenarios/multi-file-gateway.ts',
      })
      gateways.push(gateway)
      const group = world.simulator.group(name, [ANA, number, EVA]).jid
      groups[name] = group
      mkdirSync(join(auth, name))
      const qr = await gateway.remote.call(
        'link',
        join(auth, name),
        world.whatsappUrl,
        world.simulator.rootKey,
      )
      await world.simulator.phone(number, { name: `The ${name}` }).scan(qr)
      await gateway.remote.call('opened')
      await ana().say(number, 'one')
      await eva().say(number, 'two', { addressing: 'lid' })
      await ana().say(group, 'three')
      for (const text of ['one', 'two', 'three']) await gateway.remote.call('heard', text)
      await gateway.remote.call('say', `${ANA}@s.whatsapp.net`, 'from the old one')
      await gateway.remote.call('say', group, 'to all from the old one')
      await vi.waitFor(() => expect(ana().inbox.filter(({ from }) => from === number)).toHaveLength(2), WAIT)
      await gateway.remote.call('leave')
      await gateway.stop()
      world.laravel.estados.set(name, 'active')
    }
    asBaileys6(join(auth, 'bar'), ANA)
    mkdirSync(join(auth, 'café'))
    cpSync(join(auth, 'shop', 'creds.json'), join(auth, 'café', 'creds.json'))
    mkdirSync(join(auth, 'torn'))
    const creds = readFileSync(join(auth, 'shop', 'creds.json'))
    writeFileSync(join(auth, 'torn', 'creds.json'), creds.subarray(0, creds.length / 2))
    for (const [name, number] of NUMBERS) {
      await ana().say(number, 'while you were away')
      await eva().say(number, 'by LID, too', { addressing: 'lid' })
      await ana().say(groups[name]!, 'to all')
    }
    before = hashOf(auth)
    // Baileys makes its account available, which the manager never does.
    world.simulator.ledger.available.length = 0
    const { qrRefs, registrations } = world.simulator.counters
    logins = { qrRefs, registrations }
  }, 90_000)
  afterAll(async () => {
    for (const gateway of gateways) gateway.kill()
    await world.end()
    rmSync(auth, { recursive: true, force: true })
  })

  it('are refused in one line while the manager has DATA_DIR, and a dry run still says what would move', async () => {
    const refused = await move('--user', '7')
    expect(refused).toMatchObject({ code: 1, table: '' })
    expect(refused.progress).toMatch(/^DATA_DIR .+ is in use by another running manager: .+\n$/)
    const dry = await move('--user', '7', '--dry-run')
    expect(dry.table).toContain('2 sessions would move in')
    expect((await world.call('GET', '/sessions')).body.count).toBe(0)
  })

  it('move in one by one, and what cannot stays with its reason', async () => {
    expect(await world.stopManager('SIGTERM')).toBe(0)
    const { code, table, progress } = await move('--user', '7')
    expect({ code, progress }).toEqual({ code: 1, progress: '' })
    expect(table).toMatch(/✔ bar .*\+34600000002 .*user 7/)
    expect(table).toMatch(/✔ shop .*\+34600000001 .*user 7/)
    expect(table).toMatch(/✖ café .*is no session_id/)
    expect(table).toMatch(/✖ torn .*creds\.json is cut off or damaged/)
    expect(table).toContain('2 sessions moved in')
    expect(hashOf(auth)).toBe(before)
  })

  it('are not moved in twice, and one device is no second session', async () => {
    const users = join(auth, 'users.json')
    writeFileSync(
      users,
      JSON.stringify({ bar: 7, shop: 7, torn: 7, café: { user_id: 7, session_id: 'cafe' } }),
    )
    const { table } = await move('--user', users)
    rmSync(users)
    expect(table).toMatch(/· shop .*moved in before/)
    expect(table).toMatch(/✖ café .*it is the device of session "shop"/)
    expect(table).toContain('0 sessions moved in')
  })

  it('open without a QR, and Laravel hears that they are active', async () => {
    await world.startManager()
    for (const id of ['shop', 'bar']) {
      await world.waitForState(id, 'open')
      const { body } = await world.laravel.seen(
        ({ path, body }) => path === '/whatsapp/status' && body.session_id === id,
      )
      expect(body).toMatchObject({ estado_qr: 'active' })
    }
    expect(world.simulator.counters).toMatchObject(logins)
    expect(world.simulator.counters.refusedLogins).toBe(0)
    expect(await world.session('shop')).toMatchObject({ user_id: 7, wa_id: SHOP, push_name: 'The shop' })
  })

  it.each(
    NUMBERS,
  )('decrypt what waited for %s, without asking anybody to send it again', async (id, number) => {
    const waited = ['while you were away', 'by LID, too', 'to all']
    await vi.waitFor(() => {
      const bodies = world.laravel.accepted('/messages', id).map(({ body }) => body)
      expect(bodies.toSorted()).toEqual(waited.toSorted())
    }, WAIT)
    const devices = world.simulator.devices.filter(({ account }) => account.pn === number)
    const { delivered, redelivered } = world.simulator.ledger
    const written = [...delivered, ...redelivered].filter(({ device }) => device === devices[0]?.jid)
    expect(written.length).toBe(new Set(written.map(({ id }) => id)).size)
  })

  it.each(NUMBERS)('send from %s, to people and groups', async (id, number) => {
    for (const to of [ANA, groups[id]!]) {
      const { status, body } = await world.send(id, to, `from ${id} in its new house`)
      expect(status).toBe(200)
      await vi.waitFor(() => expect(ana().inbox.map(({ id }) => id)).toContain(body.message_id), WAIT)
    }
    expect(ana().inbox.at(-1)).toMatchObject({ from: number, text: `from ${id} in its new house` })
    expect(world.simulator.ledger.undecryptable).toEqual([])
  })

  it('begin their log with how they came', async () => {
    const { body } = await world.call('GET', '/sessions/shop/events?limit=3')
    expect(body.events).toMatchObject([
      { seq: 1, type: 'session.created', data: { session_id: 'shop', user_id: 7 } },
      { seq: 2, type: 'socket.paired', data: { wa_id: SHOP, imported: true } },
      { seq: 3, type: 'session.resumed' },
    ])
    expect(hashOf(auth)).toBe(before)
  })
})
