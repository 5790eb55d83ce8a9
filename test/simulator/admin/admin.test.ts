import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import { silenceConsole } from '../silence-console.ts'
import { children, program } from '../start-program.ts'

silenceConsole()

const SHOP = '34600000001'
const ANA = '34600000002'
describe('the simulator as a program', () => {
  it('does over HTTP: scan, say, inbox, read, fault, ledger', async () => {
    const { call, client, started } = await program()
    expect(started.rootKey).toMatch(/^[0-9a-f]{64}$/)
    const one = client().connect()
    const scanned = await call('POST', `/phones/${SHOP}/scan`, { qr: await one.qr(), name: 'Shop' })
    expect(scanned).toMatchObject({ status: 200, json: { jid: `${SHOP}:1@s.whatsapp.net` } })
    await one.closed()
    await one.connect().open()

    const said = await call('POST', `/contacts/${ANA}/say`, {
      to: SHOP,
      text: 'hola',
      name: 'Ana',
      addressing: 'lid',
    })
    expect((await one.upsert('hola')).message.key.id).toBe(said.json.id)
    const waiting = call('GET', `/contacts/${ANA}/inbox?since=0&wait=10000`)
    const sent = await one.socket!.sendMessage(`${ANA}@s.whatsapp.net`, { text: 'buenas' })
    expect((await waiting).json).toMatchObject([{ id: sent?.key.id, from: SHOP, text: 'buenas' }])
    expect((await call('POST', `/contacts/${ANA}/read`, { id: sent?.key.id })).status).toBe(204)
    await one.until(() => one.statuses(sent!.key.id!).includes(4), 'read')

    expect((await call('POST', '/faults', { kind: 'close', account: SHOP })).json).toEqual({ struck: 1 })
    expect(await one.closed()).toBe(428)
    await one.connect().open()
    expect((await call('GET', `/phones/${SHOP}`)).json.devices).toMatchObject([{ online: true, logins: 2 }])
    const { json: ledger } = await call('GET', '/ledger')
    expect(ledger).toMatchObject({ unanswered: [], errors: [], undecryptable: [] })
    expect(ledger.received).toHaveLength(1)
    expect((await call('GET', '/')).json.counters).toMatchObject({ registrations: 1, logins: 2 })
    expect((await call('POST', `/phones/${SHOP}/unlink`)).json).toEqual({
      unlinked: [`${SHOP}:1@s.whatsapp.net`],
    })
    expect(await one.closed()).toBe(401)
  })

  it('enrolls a device, lets acks fail, and ends faults', async () => {
    const { call, client } = await program()
    const { json } = await call('POST', '/enroll', { pn: SHOP })
    const one = client(json.creds).connect()
    await one.open()
    await call('PATCH', `/contacts/${ANA}`, { name: 'Ana' })
    await call('POST', `/accounts/${SHOP}/error-acks`, { code: '463' })
    const failed = await one.socket!.sendMessage(`${ANA}@s.whatsapp.net`, { text: 'refused' })
    await one.until(() => one.statuses(failed!.key.id!).includes(0), 'an error')
    await call('POST', '/faults', { kind: 'refuse' })
    expect(await one.closed()).toBe(428)
    expect(await one.connect().closed()).toBe(408)
    expect((await call('DELETE', '/faults?kind=refuse')).status).toBe(204)
    await one.connect().open()
  })

  it('makes groups and sends messages in them', async () => {
    const { call, client } = await program()
    const { json } = await call('POST', '/enroll', { pn: SHOP })
    const one = client(json.creds).connect()
    await one.open()
    const made = await call('POST', '/groups', { subject: 'Orders', members: [ANA, SHOP] })
    const { jid } = made.json
    expect((await call('GET', '/groups')).json).toEqual([
      { jid, subject: 'Orders', addressing: 'lid', members: [ANA, SHOP] },
    ])
    const said = await call('POST', `/contacts/${ANA}/say`, { to: jid, text: 'to all' })
    expect((await one.upsert('to all')).message.key).toMatchObject({ id: said.json.id, remoteJid: jid })
    const waiting = call('GET', `/contacts/${ANA}/inbox?wait=10000`)
    const sent = await one.socket!.sendMessage(jid, { text: 'from the shop' })
    expect((await waiting).json).toMatchObject([{ id: sent?.key.id, group: jid, text: 'from the shop' }])
    expect((await call('GET', '/ledger')).json).toMatchObject({ unanswered: [], errors: [] })
    const held = await call('POST', `/contacts/${ANA}/say`, { to: SHOP, text: 'held', unavailable: true })
    await one.until(() => one.upserts.find(({ message }) => message.key.id === held.json.id), 'a placeholder')
    expect((await one.upsert('held')).message.key.id).toBe(held.json.id)
    const byNumber = { subject: 'Old', members: [ANA], addressing: 'pn' }
    expect((await call('POST', '/groups', byNumber)).json.jid).toMatch(/^\d+@g\.us$/)
    expect((await call('POST', '/groups', { subject: 'Nobody', members: [] })).status).toBe(400)
    expect((await call('POST', `/contacts/34600000009/say`, { to: jid, text: 'x' })).status).toBe(409)
    expect((await call('POST', `/contacts/${ANA}/say`, { to: 'x@g.us', text: 'x' })).status).toBe(400)
  })

  it('takes what the manager says of a QR and of a code as it stands', async () => {
    const { call } = await program()
    const [success, expires_at] = [true, '2026-01-01T00:00:00.000Z']
    for (const [path, shown, error] of [
      ['scan', { qr: 'no', expires_at }, 'this is not a linking QR'],
      ['code', { success, code: 'ABCD2345', expires_at }, expect.any(String)],
    ] as const)
      expect(await call('POST', `/phones/${SHOP}/${path}`, shown)).toMatchObject({
        status: 409,
        json: { error },
      })
    expect((await call('POST', `/phones/${SHOP}/code`, { code: 'ABCD2345', cod: 1 })).status).toBe(400)
  })

  it('says why a request is bad', async () => {
    const { call } = await program()
    expect(await call('POST', `/phones/${SHOP}/scan`, { qr: 'no' })).toMatchObject({
      status: 409,
      json: { error: 'this is not a linking QR' },
    })
    expect((await call('POST', `/phones/abc/scan`, { qr: 'no' })).status).toBe(400)
    expect((await call('POST', '/faults', { kind: 'earthquake' })).status).toBe(400)
    expect((await call('POST', `/contacts/${ANA}/say`, { to: '34699999999', text: 'x' })).status).toBe(409)
    expect((await call('GET', '/nowhere')).status).toBe(404)
  })

  it('ends with its parent when asked to, and on SIGTERM, with code 0', async () => {
    const bound = await program('--die-with-parent')
    bound.child.stdin!.end()
    expect((await once(bound.child, 'exit'))[0]).toBe(0)
    const free = await program()
    free.child.stdin!.end()
    expect((await free.call('GET', '/')).status).toBe(200)
    free.child.kill('SIGTERM')
    expect((await once(free.child, 'exit'))[0]).toBe(0)
  })
})

describe('the simulator as a library', () => {
  it('lets the process exit by itself after close', async () => {
    const code = `
      import { Simulator } from ${JSON.stringify(new URL('../../../simulator/simulator.ts', import.meta.url).href)}
      const simulator = new Simulator()
      const { port } = await simulator.listen()
      const socket = new WebSocket('ws://127.0.0.1:' + port + '/ws/chat')
      await new Promise(resolve => { socket.onopen = resolve })
      await simulator.enroll('34600000001')
      await simulator.contact('34600000002').say('34600000001', 'kept')
      await simulator.close()
      process.stdout.write('closed')`
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(child)
    let output = ''
    child.stdout.on('data', data => {
      output += data
    })
    await vi.waitFor(() => expect(output).toBe('closed'), 10_000)
    await vi.waitFor(() => expect(child.exitCode).toBe(0), 5_000)
  })
})
