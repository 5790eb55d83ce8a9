import { describe, expect, it } from 'vitest'
import { silenceConsole } from '../silence-console.ts'
import { program } from '../start-program.ts'

silenceConsole()

const SHOP = '34600000001'
const ANA = '34600000002'
const PNG = { kind: 'image', base64: 'iVBORw0KGgo=' }

describe('what contacts say over HTTP', () => {
  it('has the words of businesses, taps, and what stands beside words', async () => {
    const { call, client } = await program()
    const one = client((await call('POST', '/enroll', { pn: SHOP })).json.creds).connect()
    await one.open()
    const say = async (content: object) => {
      const { status, json } = await call('POST', `/contacts/${ANA}/say`, { to: SHOP, ...content })
      expect(json).toMatchObject({ id: expect.any(String) })
      expect(status).toBe(200)
      return json.id
    }
    const buttons = [{ text: 'Yes', id: 'y' }]
    const ids = [
      await say({ template: { header: { media: PNG }, body: 'A', footer: 'F', buttons } }),
      await say({ interactive: { body: 'B', cards: [{ header: { media: PNG }, body: 'C' }] } }),
      await say({ buttons: { header: { location: { latitude: 1, longitude: 2 } }, body: 'D', buttons } }),
      await say({ list: { button: 'Menu', sections: [{ rows: [{ id: '1', title: 'Tea' }] }] } }),
      await say({ product: { id: 'P', price: 1750 } }),
      await say({ order: { id: 'O', total: 3500 } }),
      await say({ message: { conversation: 'as it is' } }),
    ]
    const answer = await say({
      tapped: { tap: 'flow', name: 'quick_reply', params: { id: 'y' } },
      quote: { id: ids[0] },
      forwarded: 2,
      mentions: [SHOP],
      ad: { sourceId: '12', entryPointConversionSource: 'ctwa_ad' },
    })
    await one.until(() => one.upserts.some(({ message }) => message.key.id === answer), 'the answer')
    const message = (id: string) => one.upserts.find(({ message }) => message.key.id === id)!.message.message!
    const template = message(ids[0]).templateMessage?.hydratedFourRowTemplate
    expect(template?.imageMessage?.directPath).toMatch(/^\//)
    expect(template?.hydratedButtons?.[0]?.quickReplyButton).toMatchObject({ displayText: 'Yes', id: 'y' })
    const [card] = message(ids[1]).interactiveMessage?.carouselMessage?.cards ?? []
    expect(card?.header?.imageMessage?.mediaKey).toHaveLength(32)
    expect(message(ids[2]).buttonsMessage?.locationMessage).toMatchObject({ degreesLatitude: 1 })
    expect(message(ids[6])).toMatchObject({ conversation: 'as it is' })
    expect(message(answer).interactiveResponseMessage).toMatchObject({
      nativeFlowResponseMessage: { name: 'quick_reply', paramsJson: '{"id":"y"}' },
      contextInfo: {
        stanzaId: ids[0],
        participant: `${ANA}@s.whatsapp.net`,
        mentionedJid: [`${SHOP}@s.whatsapp.net`],
        forwardingScore: 2,
        externalAdReply: { sourceId: '12' },
        entryPointConversionSource: 'ctwa_ad',
      },
    })
    expect((await call('POST', `/contacts/${ANA}/say`, { to: SHOP, text: 'a', list: {} })).status).toBe(400)
    expect((await call('GET', '/ledger')).json).toMatchObject({ unanswered: [], errors: [] })
  })
})

describe('messages that disappear, over HTTP', () => {
  it('are marked when a client forgets the timer', async () => {
    const { call, client } = await program()
    const one = client((await call('POST', '/enroll', { pn: SHOP })).json.creds).connect()
    await one.open()
    const changed = await call('POST', `/contacts/${ANA}/disappear`, { to: SHOP, expiration: 86_400 })
    expect(changed.status).toBe(204)
    const waiting = call('GET', `/contacts/${ANA}/inbox?since=0&wait=10000`)
    await one.socket!.sendMessage(`${ANA}@s.whatsapp.net`, { text: 'for ever' })
    await waiting
    expect((await call('GET', '/ledger')).json.wrongTimers).toMatchObject([
      { from: SHOP, to: ANA, reason: 'will not disappear: no expiration' },
    ])
    expect((await call('PATCH', `/phones/${SHOP}`, { disappearing: 86_400 })).status).toBe(204)
  })
})
