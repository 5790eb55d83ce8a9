import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createWorld, type Owner, WAIT, type World } from '../world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => expect(world.sim.ledger.unanswered).toEqual([]))
afterAll(() => world.close())

const ANA = '34611000001'
const imported = (owner: Owner) => owner.batches.flat().filter(message => message.imported)
const importedBodies = (owner: Owner) => imported(owner).map(({ message }) => message.body)

/** Links a session by QR, as only a new link gets history; resolves when it is open. */
async function link(pn: string, prepare?: () => Promise<unknown>): Promise<Owner> {
  const owner = await world.owner(`s${pn}`)
  owner.open()
  await owner.fact('socket.qr')
  const from = owner.facts.length
  await world.sim.phone(pn).scan(world.vault.read(owner.sessionId)!.text)
  await owner.fact('socket.closed', from)
  await prepare?.()
  await owner.opened()
  return owner
}

describe('history', () => {
  it('is handed over as imported, in both directions and of groups, and later messages as usual', async () => {
    const pn = '34600000001'
    const group = world.sim.group('Old', [pn, ANA])
    const ana = world.sim.contact(ANA, { name: 'Ana' })
    world.sim.phone(pn).history = [
      {
        with: ANA,
        messages: [
          { content: 'old question', id: 'OLD1', at: Date.UTC(2026, 0, 1) },
          { content: 'old answer', from: pn, id: 'OLD2' },
        ],
      },
      { with: group.jid, messages: [{ content: 'old in the group', from: ANA, id: 'OLD3' }] },
    ]
    const owner = await link(pn)
    await vi.waitFor(() => expect(imported(owner)).toHaveLength(3), WAIT)
    const byId = Object.fromEntries(imported(owner).map(one => [one.message.message_id, one]))
    expect(byId.OLD1).toMatchObject({
      dedupeKey: `${ana.account.lidJid}||0|OLD1`,
      inboxHash: null,
      message: {
        body: 'old question',
        from: ANA,
        from_lid: ana.account.lidJid,
        from_me: false,
        timestamp: '2026-01-01T00:00:00.000Z',
      },
    })
    expect(byId.OLD2).toMatchObject({ message: { body: 'old answer', from_me: true, from: pn } })
    expect(byId.OLD3).toMatchObject({
      dedupeKey: `${group.jid}|${ana.account.lidJid}|0|OLD3`,
      message: { body: 'old in the group', chat_id: group.jid, participant: ana.account.lidJid },
    })
    await ana.say(pn, 'new')
    expect(await owner.texts(1)).toEqual(['new'])
    await vi.waitFor(async () => expect(await owner.unfinished()).toBe(0), WAIT)
  })

  it('is handed over in batches of some hundred messages, oldest first', async () => {
    const pn = '34600000002'
    const messages = Array.from({ length: 450 }, (_, i) => ({
      content: `h${i}`,
      id: `H${i}`,
      at: 1000 * i + 1,
    }))
    world.sim.phone(pn).history = [{ with: ANA, messages }]
    const owner = await link(pn)
    await vi.waitFor(() => expect(imported(owner)).toHaveLength(450), WAIT)
    expect(owner.batches.map(batch => batch.length)).toEqual([200, 200, 50])
    expect(importedBodies(owner)).toEqual(messages.map(({ content }) => content))
  })

  it('does not take the place of a message in it that arrives meanwhile', async () => {
    const pn = '34600000003'
    const ana = world.sim.contact(ANA)
    world.sim.phone(pn).history = [
      {
        with: ANA,
        messages: [
          { content: 'before the link', id: 'BEFORE' },
          { content: 'both', id: 'BOTH' },
        ],
      },
    ]
    // It waits at WhatsApp for the first login: Baileys holds it until the history is there.
    const owner = await link(pn, () => ana.say(pn, 'both', { id: 'BOTH' }))
    await vi.waitFor(() => expect(importedBodies(owner)).toContain('before the link'), WAIT)
    expect(await owner.texts(1)).toEqual(['both'])
    expect(owner.received_[0]!.message).toMatchObject({ message_id: 'BOTH', from: ANA, offline: true })
    expect(owner.received_[0]!.inboxHash).toMatch(/^[0-9a-f]{64}$/)
    await vi.waitFor(async () => expect(await owner.unfinished()).toBe(0), WAIT)
  })

  it.each([
    ['none', []],
    ['ids', ['OLD1', 'PIC']],
  ] as const)('of HISTORY_IMPORT=%s is handed over as that, and what arrives is whole', async (history, ids) => {
    const pn = history === 'none' ? '34600000004' : '34600000005'
    const ana = world.sim.contact(ANA, { name: 'Ana' })
    const at = Date.UTC(2026, 0, 1)
    world.sim.phone(pn).history = [
      {
        with: ANA,
        messages: [
          { content: 'old words', id: 'OLD1', at },
          { content: 'seen before', id: 'PIC', at: at + 1_000 },
          { content: 'too old', id: 'ANCIENT', at: Date.UTC(2001, 0, 1) },
        ],
      },
    ]
    const owner = await world.owner(`s${pn}`)
    owner.via = world.another({ history, historyMaxAgeMs: Date.now() - Date.UTC(2025, 0, 1) })
    owner.open()
    await owner.fact('socket.qr')
    const from = owner.facts.length
    await world.sim.phone(pn).scan(world.vault.read(owner.sessionId)!.text)
    await owner.fact('socket.closed', from)
    await owner.opened()
    await ana.say(pn, 'new words')
    expect(await owner.texts(1)).toEqual(['new words'])
    await vi.waitFor(
      () => expect(imported(owner).map(({ message }) => message.message_id)).toEqual(ids),
      WAIT,
    )
    for (const one of imported(owner)) {
      expect(JSON.stringify(one)).not.toMatch(/old words|seen before/)
      expect([one.secret, one.media, one.message.body]).toEqual([undefined, undefined, null])
    }
    if (history === 'none') return
    expect(imported(owner)[0]!.message).toMatchObject({
      chat_id: ana.account.lidJid,
      from: ANA,
      from_lid: ana.account.lidJid,
      from_me: false,
      type: 'text',
      timestamp: '2026-01-01T00:00:00.000Z',
    })
  })
})
