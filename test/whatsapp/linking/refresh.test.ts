import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createWorld, type Owner, WAIT, type World } from '../world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(async () => {
  await vi.waitFor(() => expect(world.sim.unacked).toEqual([]), WAIT)
  expect(world.sim.ledger.wrong).toEqual([])
  expect(world.sim.ledger.unanswered).toEqual([])
  await world.close()
})

let numbers = 0
const newPhone = () => world.sim.phone(`3460000010${++numbers}`, { name: 'Shop' })
const fieldsOf = (qr: string) => qr.split('#')[1]!.split(',')

/** The QR that is shown after the one of this hash. */
async function replacementOf(owner: Owner, hash: string) {
  await vi.waitFor(() => expect(owner.facts.at(-1)).toMatchObject({ replaces: hash }), WAIT)
  return shown(owner)
}

function shown({ sessionId, facts }: Owner) {
  const { text, hash, expiresAt } = world.vault.read(sessionId)!
  expect(facts.at(-1)).toMatchObject({ type: 'socket.qr', hash, expiresAt })
  return { text, hash, expiresAt }
}

async function waiting(sessionId: string, phoneNumber: string | null = null) {
  const owner = await world.owner(sessionId)
  owner.phoneNumber = phoneNumber
  owner.open()
  await owner.fact('socket.qr')
  return owner
}

async function links(owner: Owner): Promise<void> {
  expect(await owner.fact('socket.closed')).toMatchObject({ code: 515, reaction: 'reconnectNow' })
  await owner.opened()
}

describe('a QR that WhatsApp makes void after its scan', () => {
  it.each([
    'companion_reg_refresh',
    'pair-device-rotate-qr',
  ] as const)('is drawn anew at once, for the same reference and until the same time: %s', async form => {
    const owner = await waiting(form)
    const first = shown(owner)
    const phone = newPhone()
    phone.linking.onScan = [form]
    await expect(phone.scan(first.text)).rejects.toThrow('check your connection')
    const second = await replacementOf(owner, first.hash)
    expect(second.expiresAt).toBe(first.expiresAt)
    const [before, now] = [fieldsOf(first.text), fieldsOf(second.text)]
    expect(now.toSpliced(3, 1)).toEqual(before.toSpliced(3, 1))
    expect(now[3]).not.toBe(before[3])
    expect(Buffer.from(now[3]!, 'base64')).toHaveLength(32)
    await expect(phone.scan(first.text)).rejects.toThrow('void')
    await phone.scan(second.text)
    await links(owner)
    expect(world.log.join()).toContain('scan the new one')
  })

  it('may be made void as often as WhatsApp likes', async () => {
    const owner = await waiting('twice')
    const phone = newPhone()
    phone.linking.onScan = ['companion_reg_refresh', 'pair-device-rotate-qr']
    const first = shown(owner)
    await expect(phone.scan(first.text)).rejects.toThrow('check your connection')
    const second = await replacementOf(owner, first.hash)
    await expect(phone.scan(second.text)).rejects.toThrow('check your connection')
    const third = await replacementOf(owner, second.hash)
    for (const { text } of [first, second]) await expect(phone.scan(text)).rejects.toThrow('void')
    await phone.scan(third.text)
    await links(owner)
  })

  it('is followed by references that show the new secret', async () => {
    const owner = await world.owner('later')
    owner.via = world.another({ qrTimeoutMs: 400 })
    owner.open()
    await owner.fact('socket.qr')
    const first = shown(owner)
    const phone = newPhone()
    phone.linking.onScan = ['companion_reg_refresh']
    await expect(phone.scan(first.text)).rejects.toThrow('check your connection')
    const second = await replacementOf(owner, first.hash)
    const from = owner.facts.length
    const { hash } = await owner.fact('socket.qr', from)
    expect(hash).not.toBe(second.hash)
    const third = shown(owner)
    expect(fieldsOf(third.text)[0]).not.toBe(fieldsOf(second.text)[0])
    expect(fieldsOf(third.text)[3]).toBe(fieldsOf(second.text)[3])
    await phone.scan(third.text)
    await links(owner)
  })

  it('stays as it is when the notification names nothing, which is acknowledged like any other', async () => {
    const owner = await waiting('nothing')
    const phone = newPhone()
    phone.linking.onScan = [null]
    await phone.scan(shown(owner).text)
    await links(owner)
    expect(owner.facts.filter(({ type }) => type === 'socket.qr')).toHaveLength(1)
  })
})

describe('with a pairing code', () => {
  it.each([
    ['while it is only shown', 'onCode'],
    ['once the phone has it', 'onFinish'],
  ] as const)('links though WhatsApp wants another secret, twice: %s', async (_, when) => {
    const phone = newPhone()
    const owner = await waiting(`code ${when}`, phone.pn)
    phone.linking[when] = ['companion_reg_refresh', 'pair-device-rotate-qr']
    await phone.enterCode(world.vault.readCode(owner.sessionId)!.text)
    await links(owner)
    expect(owner.facts.filter(({ type }) => type === 'socket.qr')).toHaveLength(1)
  })

  it('has a QR beside it that links after it was made void', async () => {
    const phone = newPhone()
    const owner = await waiting('both', phone.pn)
    phone.linking.onScan = ['companion_reg_refresh']
    const { text } = world.vault.read(owner.sessionId)!
    await expect(phone.scan(text)).rejects.toThrow('check your connection')
    await vi.waitFor(() => expect(world.vault.read(owner.sessionId)!.text).not.toBe(text))
    await phone.scan(world.vault.read(owner.sessionId)!.text)
    await links(owner)
  })
})
