import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Fault } from '../../simulator/faults.ts'
import type { SendContent } from '../../src/messages/send.ts'
import { createWorld, type Owner, WAIT, type World } from './world.ts'

const unhandled: unknown[] = []
const note = (reason: unknown) => void unhandled.push(reason)
let world: World
let next = 34_600_000_100
beforeAll(async () => {
  process.on('unhandledRejection', note)
  world = await createWorld({ keepAliveMs: 400 })
})
afterEach(() => {
  expect(world.sim.ledger.unanswered).toEqual([])
  expect(unhandled).toEqual([])
})
afterAll(async () => {
  process.off('unhandledRejection', note)
  await world.close()
})

const text = (to: string, body: string): SendContent => ({ type: 'text', to, body, reply_to: null })

async function session(): Promise<Owner & { pn: string }> {
  const pn = String(next++)
  const owner = await world.linked(pn)
  await owner.opened()
  return Object.assign(owner, { pn })
}
/** Sends a message all the way and back, so that an open session proves to be one. */
async function works(owner: Owner) {
  const friend = world.sim.contact('34611000001')
  const id = world.whatsApp.newMessageId()
  await owner.socket!.send(id, text(friend.account.jid, 'still here'))
  await owner.update(id, 'delivered')
}
const closings = (owner: Owner) => owner.facts.filter(fact => /closed|confirmed/.test(fact.type))

describe('what WhatsApp does to a socket', () => {
  it.each<[Partial<Fault>, object]>([
    [{ kind: 'close' }, { code: 428, reaction: 'backoff', reason: 'network' }],
    [{ kind: 'reset' }, { code: 428, reaction: 'backoff', reason: 'network' }],
    [{ kind: 'xmlstreamend' }, { code: 428, reaction: 'backoff', reason: 'network' }],
    [{ kind: '515' }, { code: 515, reaction: 'reconnectNow', reason: 'restart_required' }],
    [{ kind: '503' }, { code: 503, reaction: 'backoffLong', reason: 'overloaded' }],
    [{ kind: 'replaced' }, { code: 440, reaction: 'suspend', reason: 'replaced' }],
    [{ kind: 'removed' }, { code: 401, reaction: 'unlinked', reason: 'unlinked' }],
    [{ kind: 'garbage' }, { code: 0, reaction: 'backoff', reason: 'undecryptable_frame' }],
    [
      { kind: 'silence', for: 12_000 },
      { code: 408, reaction: 'backoff', reason: 'network' },
    ],
  ])('%o -> %o, once, and sends are refused from then on', async (fault, fact) => {
    const owner = await session()
    await world.sim.fault({ ...fault, account: owner.pn } as Fault)
    expect(await owner.fact('socket.closed')).toMatchObject(fact)
    await expect(owner.socket!.send('x', text('1@lid', 'x'))).rejects.toMatchObject({ retryable: true })
    await owner.socket!.end()
    expect(closings(owner)).toHaveLength(1)
    expect(owner.facts.at(-1)!.type).toBe('socket.closed')
  })

  it.each([
    [401, 'unlinked', 'unlinked'],
    [403, 'banned', 'banned'],
    [405, 'suspend', 'client_outdated'],
    [409, 'suspend', 'client_mismatch'],
    [503, 'backoffLong', 'overloaded'],
    [500, 'backoffCounted', 'unknown'],
  ])('a login answered with %i -> %s', async (status, reaction, reason) => {
    const owner = await session()
    await owner.socket!.end()
    await world.sim.fault({ kind: 'failure', account: owner.pn, status })
    const from = owner.facts.length
    owner.open()
    expect(await owner.fact('socket.closed', from)).toMatchObject({ code: status, reaction, reason })
    expect(owner.facts.slice(from)).toHaveLength(1)
  })

  it.each([
    401, 403, 503,
  ])('an upgrade answered with HTTP %i is the network, never a verdict', async status => {
    const server = createServer((_, response) => response.writeHead(status).end())
    server.on('upgrade', (_, socket) => socket.end(`HTTP/1.1 ${status} No\r\nConnection: close\r\n\r\n`))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const owner = await world.linked(String(next++))
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

  it('nobody there: the network', async () => {
    const owner = await world.linked(String(next++))
    owner.via = world.another({ url: 'ws://127.0.0.1:1/ws/chat' })
    owner.open()
    expect(await owner.fact('socket.closed')).toMatchObject({ reaction: 'backoff', reason: 'network' })
  })

  it('a server with another root key is no WhatsApp', async () => {
    const owner = await world.linked(String(next++))
    owner.via = world.another({ rootKey: '11'.repeat(32) })
    owner.open()
    expect(await owner.fact('socket.closed')).toMatchObject({
      reaction: 'backoffCounted',
      reason: 'certificate_invalid',
    })
    world.another({})
    await session()
  })

  it('a QR that nobody scans: each has its life, and the last one ends it', async () => {
    const owner = await world.owner(`qr${next++}`)
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

describe('one bad session among others', () => {
  let others: Owner[]
  beforeEach(async () => {
    others = await Promise.all([session(), session(), session()])
  })
  async function untouched() {
    for (const other of others) {
      await works(other)
      expect(closings(other)).toEqual([])
    }
  }

  it('a garbage frame ends its own socket only', async () => {
    const bad = await session()
    await world.sim.fault({ kind: 'garbage', account: bad.pn })
    await bad.fact('socket.closed')
    await untouched()
    await bad.opened()
    await works(bad)
  })

  it('an owner that throws at an update ends its own socket only', async () => {
    const bad = await session()
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

  it('an owner that throws at a fact or rejects messages loses nothing', async () => {
    const bad = await session()
    bad.refuse = () => {
      throw new Error('a bug in the owner')
    }
    const ana = world.sim.contact('34611000003')
    await ana.say(bad.pn, 'refused')
    await vi.waitFor(() => expect(bad.unfinished()).toBe(1), WAIT)
    await world.sim.fault({ kind: 'close', account: bad.pn })
    await bad.fact('socket.closed')
    await untouched()
    bad.refuse = undefined
    const [recovered] = await world.whatsApp.recover(bad.streamId)
    expect(recovered!.message.body).toBe('refused')
  })

  it('a bug in the translation of what arrived ends its own socket only', async () => {
    const bad = await session()
    const { hasDedupeKey } = world.store.messages
    world.store.messages.hasDedupeKey = (streamId, key) => {
      if (streamId === bad.streamId) throw new Error('a bug')
      return hasDedupeKey(streamId, key)
    }
    await world.sim.contact('34611000004').say(bad.pn, 'boom')
    expect(await bad.fact('socket.closed')).toMatchObject({ reason: 'handler_failed' })
    world.store.messages.hasDedupeKey = hasDedupeKey
    await untouched()
  })
})

describe('ending a socket', () => {
  it('keeps the link, says nothing, and refuses what was in flight at once', async () => {
    const owner = await session()
    const from = owner.facts.length
    await world.sim.fault({ kind: 'silence', account: owner.pn })
    const unknown = world.sim.contact('34611000005').account.jid
    const sending = owner.socket!.send('in-flight', text(unknown, 'needs an answer of the server'))
    const refused = expect(sending).rejects.toMatchObject({ code: 'SESSION_NOT_CONNECTED', retryable: true })
    await owner.socket!.end()
    await refused
    await world.sim.heal()
    expect(owner.facts).toHaveLength(from)
    await owner.opened()
    await works(owner)
  })

  it.each(['at once', 'while it shows a QR'])('works %s', async when => {
    const owner = await world.owner(`end${next++}`)
    const socket = owner.open()
    if (when !== 'at once') await owner.fact('socket.qr')
    const from = owner.facts.length
    await socket.end()
    await socket.end()
    expect(owner.facts).toHaveLength(from)
    expect(world.vault.read(owner.sessionId)).toBeNull()
  })

  it('hands over what was received before it resolves', async () => {
    const owner = await session()
    const ana = world.sim.contact('34611000006')
    const said = Promise.all(Array.from({ length: 10 }, (_, i) => ana.say(owner.pn, `m${i}`)))
    await vi.waitFor(() => expect(owner.received_.length).toBeGreaterThan(0), WAIT)
    await owner.socket!.end()
    expect(owner.unfinished()).toBe(0)
    const { length } = owner.received_
    await said
    expect(owner.received_).toHaveLength(length)
    await owner.opened()
    expect((await owner.texts(10)).sort()).toEqual(Array.from({ length: 10 }, (_, i) => `m${i}`))
  })
})

describe('unlinking', () => {
  it('is confirmed once WhatsApp was asked, and the device is gone', async () => {
    const owner = await session()
    const [device] = world.sim.phone(owner.pn).devices
    owner.socket!.logout()
    owner.socket!.logout()
    await owner.fact('logout.confirmed')
    expect(closings(owner)).toHaveLength(1)
    await vi.waitFor(() => expect(device!.removed).toBe(true), WAIT)
  })

  it('that is asked before the session is open happens when it is', async () => {
    const owner = await world.linked(String(next++))
    owner.open().logout()
    await owner.fact('logout.confirmed')
    expect(owner.facts.map(fact => fact.type)).toEqual(['socket.opened', 'logout.confirmed'])
  })

  it('is confirmed without an answer, 2 s after the bytes were written', async () => {
    const owner = await session()
    await world.sim.fault({ kind: 'silence', account: owner.pn })
    const asked = performance.now()
    owner.socket!.logout()
    await owner.fact('logout.confirmed')
    expect(performance.now() - asked).toBeGreaterThanOrEqual(1990)
    await world.sim.heal()
  })

  it('is not confirmed when the connection was lost before', async () => {
    const owner = await session()
    await world.sim.fault({ kind: 'reset', account: owner.pn })
    await owner.fact('socket.closed')
    owner.socket!.logout()
    await owner.socket!.end()
    expect(closings(owner).map(fact => fact.type)).toEqual(['socket.closed'])
  })
})

describe('secrets', () => {
  it('are in no log line, no fact and no error', async () => {
    const owner = await world.owner(`secret${next}`)
    owner.open()
    const qr = await owner.fact('socket.qr')
    const { text: qrText } = world.vault.read(owner.sessionId)!
    await world.sim.phone(String(next++)).scan(qrText)
    await owner.fact('socket.closed')
    await owner.opened()
    await works(owner)
    const stored = world.store.keys.get(owner.streamId, 'creds', ['0', '1', '2'])
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
