import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { World } from './world.ts'

const SHOP = '34600000001'
const ANA = '34600000002'
const ANA_LATER = '34600000009'
const MARIA = '551187654321'
const MARIA_DIALLED = '5511987654321'
const WAIT = { timeout: 20_000, interval: 25 }

const world = new World({ SEND_WAIT_MS: '10000' })
beforeAll(async () => {
  await world.start()
  world.simulator.contact(MARIA)
  await world.link('shop', SHOP)
}, 60_000)
afterAll(() => world.end())

const pn = (digits: string) => `${digits}@s.whatsapp.net`
const remoteJid = ({ body }: Awaited<ReturnType<World['send']>>) =>
  (body as unknown as { response: { key: { remoteJid: string } } }).response.key.remoteJid
/** What Laravel was told of messages with these words. */
const told = async (...words: string[]) => {
  const found = (): Record<string, unknown>[] => {
    const all = world.laravel.accepted('/messages') as Record<string, unknown>[]
    return words.map(word => all.find(({ body }) => body === word)).filter(one => one !== undefined)
  }
  await vi.waitFor(() => expect(found()).toHaveLength(words.length), WAIT)
  return found()
}

describe('a number that is dialled otherwise', () => {
  it('gets what is sent, and the answer says its real address, also when it is given again', async () => {
    const ask = await world.call('GET', `/sessions/shop/numbers/${MARIA_DIALLED}`)
    const maria = world.simulator.contact(MARIA)
    expect(ask.body).toMatchObject({ exists: true, jid: pn(MARIA), lid: maria.account.lidJid })
    const body = {
      session_id: 'shop',
      wa_id: `+${MARIA_DIALLED}`,
      type: 'text',
      body: 'oi',
      idempotency_key: 'k',
    }
    const answer = await world.call('POST', '/send-message', body)
    expect(answer).toMatchObject({ status: 200, body: { status: 'sent' } })
    expect(remoteJid(answer)).toBe(pn(MARIA))
    await vi.waitFor(() => expect(maria.inbox.map(({ text }) => text)).toEqual(['oi']), WAIT)
    const again = await world.call('POST', '/send-message', body)
    expect(again.body).toMatchObject({ replayed: true })
    expect(remoteJid(again)).toBe(pn(MARIA))
    const stored = await world.call('GET', `/sessions/shop/messages/${answer.body.message_id}`)
    expect(stored.body).toMatchObject({ chat_id: maria.account.lidJid })
    expect(remoteJid(await world.send('shop', maria.account.lidJid, 'por lid'))).toBe(maria.account.lidJid)
  })

  it('of which WhatsApp does not speak is a 504 when it is asked for, and a send that waits', async () => {
    const bob = world.simulator.contact('34600000003')
    world.simulator.failQuery(SHOP, { error: '500' }, 2)
    const ask = await world.call('GET', `/sessions/shop/numbers/${bob.pn}`)
    expect(ask).toMatchObject({ status: 504, body: { error: 'WHATSAPP_UNANSWERED' } })
    const answer = await world.send('shop', bob.pn, 'later')
    expect(answer).toMatchObject({ status: 200, body: { status: 'sent' } })
    await vi.waitFor(() => expect(bob.inbox.map(({ text }) => text)).toEqual(['later']), WAIT)
  })
})

describe('a customer', () => {
  it('is one chat by number, by LID and after a change of both, and is reached under every name', async () => {
    const ana = world.simulator.contact(ANA)
    await ana.say(SHOP, 'by number')
    await ana.say(SHOP, 'by lid', { addressing: 'lid' })
    await told('by number', 'by lid')
    const before = [pn(ANA), ana.account.lidJid]
    world.simulator.changeNumber(ANA, ANA_LATER, { lid: true })
    await ana.say(SHOP, 'by new number')
    await ana.say(SHOP, 'by new lid', { addressing: 'lid' })
    const messages = await told('by number', 'by lid', 'by new number', 'by new lid')
    expect(new Set(messages.map(({ chat_id }) => chat_id))).toEqual(new Set([before[1]]))
    expect(messages.map(({ from }) => from)).toEqual([ANA, ANA, ANA_LATER, ANA_LATER])
    const names = [...before, pn(ANA_LATER), ana.account.lidJid]
    for (const name of names) expect(await world.send('shop', name, name)).toMatchObject({ status: 200 })
    await vi.waitFor(() => expect(ana.inbox.map(({ text }) => text)).toEqual(names), WAIT)
  })

  it('is answered by reply to what came under the other name', async () => {
    const ana = world.simulator.contact(ANA_LATER)
    const { id } = await ana.say(SHOP, 'a question', { addressing: 'lid' })
    await told('a question')
    const request = { session_id: 'shop', wa_id: ANA_LATER, type: 'text', body: 'an answer', reply_to: id }
    expect(await world.call('POST', '/send-message', request)).toMatchObject({ status: 200 })
    const got = () =>
      ana.inbox.find(({ text }) => text === 'an answer')?.message.extendedTextMessage?.contextInfo
    await vi.waitFor(() => expect(got()).toMatchObject({ stanzaId: id }), WAIT)
  })
})
