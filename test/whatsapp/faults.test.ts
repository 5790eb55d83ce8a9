import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Fault } from '../../simulator/faults/table.ts'
import { closings, type OpenSessions, text, useOpenSessions } from './open-sessions.ts'
import { type Owner, WAIT, type World } from './world.ts'

let world: World
let sessions: OpenSessions
useOpenSessions((...begun) => {
  ;[world, sessions] = begun
})

describe('a socket that WhatsApp ends', () => {
  it.each<[Partial<Fault>, object]>([
    [{ kind: 'close' }, { code: 428, reaction: 'backoff', reason: 'network' }],
    [{ kind: 'reset' }, { code: 428, reaction: 'backoff', reason: 'network' }],
    [{ kind: 'xmlstreamend' }, { code: 428, reaction: 'backoff', reason: 'network' }],
    [{ kind: '515' }, { code: 515, reaction: 'reconnectNow', reason: 'restart_required' }],
    [{ kind: '503' }, { code: 503, reaction: 'backoffLong', reason: 'overloaded' }],
    [{ kind: '500' }, { code: 500, reaction: 'backoffCounted', reason: 'unknown' }],
    [
      { kind: 'stream-error', status: 999 },
      { code: 999, reaction: 'backoffCounted', reason: 'unknown' },
    ],
    [
      { kind: 'stream-error', child: 'tea-break' },
      { code: 500, reaction: 'backoffCounted', reason: 'unknown' },
    ],
    [{ kind: 'half-open' }, { code: 408, reaction: 'backoff', reason: 'network' }],
    [{ kind: 'unacked' }, { code: 500, reaction: 'reconnectNow', reason: 'unacknowledged' }],
    [{ kind: 'ping' }, { code: 500, reaction: 'backoff', reason: 'ping_unanswered' }],
    [{ kind: 'bad-mac' }, { code: 500, reaction: 'backoff', reason: 'stream_corrupt' }],
    [{ kind: 'xml-not-well-formed' }, { code: 500, reaction: 'backoffCounted', reason: 'stanza_refused' }],
    [
      { kind: 'stream-error', status: 516 },
      { code: 516, reaction: 'unlinked', reason: 'unlinked' },
    ],
    [
      { kind: 'stream-error', status: 429 },
      { code: 429, reaction: 'backoffLong', reason: 'rate_limited' },
    ],
    [{ kind: 'replaced' }, { code: 440, reaction: 'suspend', reason: 'replaced' }],
    [{ kind: 'removed' }, { code: 401, reaction: 'unlinked', reason: 'unlinked' }],
    [{ kind: 'garbage' }, { code: 0, reaction: 'backoff', reason: 'undecryptable_frame' }],
    [
      { kind: 'silence', for: 12_000 },
      { code: 408, reaction: 'backoff', reason: 'network' },
    ],
  ])('by %o reports %o once and rejects sends from then on', async (fault, fact) => {
    const owner = await sessions.open()
    await world.sim.fault({ ...fault, account: owner.pn } as Fault)
    expect(await owner.fact('socket.closed')).toMatchObject(fact)
    await expect(owner.socket!.send('x', text('1@lid', 'x'))).rejects.toMatchObject({ retryable: true })
    await owner.socket!.end()
    expect(closings(owner)).toHaveLength(1)
    expect(owner.facts.at(-1)!.type).toBe('socket.closed')
  })

  it.each<[Partial<Fault>, string, string, number]>([
    [
      { kind: 'unanswered', for: 60_000 } as Partial<Fault>,
      'unanswered',
      'talks and answers nothing',
      12_000,
    ],
    [{ kind: 'deaf', for: 60_000 }, 'unanswered', 'talks and answers nothing', 12_000],
    [{ kind: 'half-open', for: 60_000 }, 'network', 'said nothing for longer', 12_000],
  ])('by %o while it still may talk is ended as %s, and the log says why', async (fault, reason, line, within) => {
    const owner = await sessions.open()
    const ana = world.sim.contact('34611000009')
    await world.sim.fault({ ...fault, account: owner.pn } as Fault)
    const began = Date.now()
    const talks = setInterval(() => void ana.say(owner.pn, 'hello?'), 200)
    try {
      expect(await owner.fact('socket.closed')).toMatchObject({ code: 408, reaction: 'backoff', reason })
    } finally {
      clearInterval(talks)
      await world.sim.heal()
    }
    expect(Date.now() - began).toBeLessThan(within)
    const told = world.log.filter(one => one.includes(owner.sessionId) && one.includes(line))
    expect(told).toHaveLength(1)
    await owner.socket!.end()
    await owner.opened()
    await sessions.expectToWork(owner)
  })

  it('because something was not acknowledged says in the log what it was', async () => {
    const owner = await sessions.open()
    await world.sim.fault({ kind: 'unacked', account: owner.pn })
    await owner.fact('socket.closed')
    const line = world.log.findLast(one => one.includes('misses an acknowledgement')) ?? '{}'
    expect(JSON.parse(line)).toMatchObject({
      session_id: owner.sessionId,
      class: 'notification',
      id: 'unknown',
    })
  })

  it.each([
    [401, 'unlinked', 'unlinked'],
    [403, 'banned', 'banned'],
    [405, 'versionRefused', 'client_outdated'],
    [409, 'suspend', 'client_mismatch'],
    [503, 'backoffLong', 'overloaded'],
    [500, 'backoffCounted', 'unknown'],
  ])('at its login with %i reports %s', async (status, reaction, reason) => {
    const owner = await sessions.open()
    await owner.socket!.end()
    await world.sim.fault({ kind: 'failure', account: owner.pn, status })
    const from = owner.facts.length
    owner.open()
    expect(await owner.fact('socket.closed', from)).toMatchObject({ code: status, reaction, reason })
    expect(owner.facts.slice(from)).toHaveLength(1)
  })

  it.each([401, 403, 503])('by HTTP %i instead of a WebSocket reports the network', async status => {
    const server = createServer((_, response) => response.writeHead(status).end())
    server.on('upgrade', (_, socket) => socket.end(`HTTP/1.1 ${status} No\r\nConnection: close\r\n\r\n`))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const owner = await world.linked(sessions.newNumber())
    owner.via = world.another({ url: `ws://127.0.0.1:${port}/ws/chat` })
    owner.open()
    expect(await owner.fact('socket.closed')).toMatchObject({
      code: status,
      reaction: 'backoff',
      reason: 'network',
    })
    await owner.socket!.end()
    expect(closings(owner)).toHaveLength(1)
    await new Promise(resolve => server.close(resolve))
  })

  it('before it is open, because nobody listens there, reports the network', async () => {
    const owner = await world.linked(sessions.newNumber())
    owner.via = world.another({ url: 'ws://127.0.0.1:1/ws/chat' })
    owner.open()
    expect(await owner.fact('socket.closed')).toMatchObject({ reaction: 'backoff', reason: 'network' })
  })

  it('whose certificate has another root key reports an invalid certificate', async () => {
    const owner = await world.linked(sessions.newNumber())
    owner.via = world.another({ rootKey: '11'.repeat(32) })
    owner.open()
    expect(await owner.fact('socket.closed')).toMatchObject({
      reaction: 'backoffCounted',
      reason: 'certificate_invalid',
    })
    world.another({})
    await sessions.open()
  })

  it('whose QRs nobody scans offers each for its time, and ends with the last one', async () => {
    const owner = await world.owner(`qr${sessions.newNumber()}`)
    owner.via = world.another({ qrTimeoutMs: 150, keepAliveMs: 30_000 })
    owner.open()
    expect(await owner.fact('socket.closed')).toMatchObject({
      code: 408,
      reaction: 'qrExhausted',
      reason: 'qr_expired',
    })
    const qrs = owner.facts.filter(fact => fact.type === 'socket.qr')
    expect(qrs).toHaveLength(6)
    expect(new Set(qrs.map(qr => qr.hash)).size).toBe(6)
    expect(qrs[0]!.expiresAt - Date.now()).toBeLessThanOrEqual(150)
    expect(world.vault.read(owner.sessionId)).toBeNull()
  })
})

describe('a session that fails among others', () => {
  let others: Owner[]
  beforeEach(async () => {
    others = await Promise.all([sessions.open(), sessions.open(), sessions.open()])
  })
  async function untouched() {
    for (const other of others) {
      await sessions.expectToWork(other)
      expect(closings(other)).toEqual([])
    }
  }

  it('by a garbage frame ends its own socket only', async () => {
    const bad = await sessions.open()
    await world.sim.fault({ kind: 'garbage', account: bad.pn })
    await bad.fact('socket.closed')
    await untouched()
    await bad.opened()
    await sessions.expectToWork(bad)
  })

  it('because its owner throws at a message status ends its own socket only', async () => {
    const bad = await sessions.open()
    bad.updated = () => {
      throw new Error('a bug in the owner')
    }
    const id = world.whatsApp.newMessageId()
    const friend = world.sim.contact('34611000002').account.jid
    await bad.socket!.send(id, text(friend, 'x')).catch(() => 'the ack was faster')
    expect(await bad.fact('socket.closed')).toMatchObject({
      reaction: 'backoffCounted',
      reason: 'handler_failed',
    })
    await untouched()
  })

  it('because its owner throws at a fact or rejects messages loses nothing', async () => {
    const bad = await sessions.open()
    bad.refuse = () => {
      throw new Error('a bug in the owner')
    }
    const ana = world.sim.contact('34611000003')
    await ana.say(bad.pn, 'refused')
    await vi.waitFor(async () => expect(await bad.unfinished()).toBe(1), WAIT)
    await world.sim.fault({ kind: 'close', account: bad.pn })
    await bad.fact('socket.closed')
    await untouched()
    bad.refuse = undefined
    const [recovered] = await world.whatsApp.recover(bad.streamId)
    expect(recovered!.message.body).toBe('refused')
  })

  it('because names cannot be looked up as a message comes ends its own socket, and the message waits', async () => {
    const bad = await sessions.open()
    const { find } = world.store.people
    world.store.people.find = async (streamId, name) => {
      if (streamId === bad.streamId) throw new Error('a bug')
      return find.call(world.store.people, streamId, name)
    }
    await world.sim.contact('34611000004').say(bad.pn, 'boom')
    expect(await bad.fact('socket.closed')).toMatchObject({ reason: 'store_failed' })
    expect(bad.received_).toEqual([])
    world.store.people.find = find
    await untouched()
    await bad.opened()
    await vi.waitFor(() => expect(bad.received_.map(({ message }) => message.body)).toEqual(['boom']), WAIT)
  })
})

describe('keys, credentials and QR texts', () => {
  it('are in no log line and no fact', async () => {
    const owner = await world.owner(`secret${sessions.newNumber()}`)
    owner.open()
    const qr = await owner.fact('socket.qr')
    const { text: qrText } = world.vault.read(owner.sessionId)!
    await world.sim.phone(sessions.newNumber()).scan(qrText)
    await owner.fact('socket.closed')
    await owner.opened()
    await sessions.expectToWork(owner)
    const stored = await world.store.keys.get(owner.streamId, 'creds', ['0', '1', '2'])
    const base64 = [
      ...Object.values(stored)
        .map(row => Buffer.from(row).toString('latin1'))
        .join()
        .matchAll(/"data":"([^"]{40,})"/g),
    ]
    const secrets = [qrText, ...qrText.split(','), ...base64.map(match => match[1]!)].filter(
      part => part.length > 20,
    )
    expect(secrets.length).toBeGreaterThan(8)
    const said = [...world.log, JSON.stringify(owner.facts), JSON.stringify(qr)].join('\n')
    expect(world.log.length).toBeGreaterThan(0)
    for (const secret of secrets)
      expect(said.includes(secret), `a secret of ${secret.length} characters`).toBe(false)
  })
})
