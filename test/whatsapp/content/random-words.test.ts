import { proto } from '@whiskeysockets/baileys'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { completeMessage, wholeMessage } from '../../../src/messages/received.ts'
import { toReceivedMessage } from '../../../src/whatsapp/receiving/to-received-message.ts'
import { assertProperty } from '../../property.ts'

const wired = (message: proto.IMessage) => proto.Message.decode(proto.Message.encode(message).finish())
const context = {
  me: { id: '111@s.whatsapp.net', lid: '222@lid' },
  inboundFromMe: true,
  inboundIgnore: [],
  foreignMediaHost: false,
  personOf: async () => null,
  originals: async () => [],
  subjectOf: () => null,
  now: () => 1_700_000_000_000,
}

describe('random messages', () => {
  it('of businesses, with taps, quotes and advertisements, never throw and are never lost', async () => {
    const words = fc.option(fc.string(), { nil: undefined })
    const json = fc.option(fc.oneof(fc.json({ maxDepth: 40 }), fc.string()), { nil: undefined })
    const file = fc.record(
      { directPath: words, mediaKey: fc.uint8Array({ maxLength: 40 }) },
      { requiredKeys: [] },
    )
    const place = fc.record({ degreesLatitude: fc.double(), name: words }, { requiredKeys: [] })
    const some = <T>(one: fc.Arbitrary<T>) => fc.array(one, { maxLength: 3 })
    const record = (model: Record<string, fc.Arbitrary<unknown>>) => fc.record(model, { requiredKeys: [] })
    const jid = fc.oneof(
      fc.string(),
      fc.constantFrom('1@lid', '111@s.whatsapp.net', '222:3@lid', '@', ':@lid'),
    )
    const said = record({
      conversation: words,
      imageMessage: file,
      orderMessage: record({ orderId: words, message: words, totalAmount1000: fc.maxSafeInteger() }),
      productMessage: record({ product: record({ productId: words, productImage: file }), body: words }),
      listMessage: record({
        title: words,
        sections: some(record({ rows: some(record({ title: words, rowId: words })) })),
      }),
    })
    const contextInfo = record({
      stanzaId: words,
      participant: jid,
      remoteJid: jid,
      quotedMessage: said,
      mentionedJid: some(jid),
      groupMentions: some(record({ groupJid: jid })),
      externalAdReply: record({ title: words, mediaType: fc.nat(9), sourceUrl: words }),
      entryPointConversionSource: words,
      ctwaPayload: fc.uint8Array({ maxLength: 4 }),
      expiration: fc.nat(),
      forwardingScore: fc.nat(9),
    })
    const header = { title: words, imageMessage: file, locationMessage: place }
    const flow = record({ buttons: some(record({ name: words, buttonParamsJson: json })) })
    const card = record({ header: record(header), body: record({ text: words }), nativeFlowMessage: flow })
    const hydrated = record({
      hydratedContentText: words,
      locationMessage: place,
      hydratedButtons: some(record({ quickReplyButton: record({ id: words, displayText: words }) })),
    })
    const business = fc.oneof(
      said,
      record({
        templateMessage: record({
          hydratedFourRowTemplate: hydrated,
          hydratedTemplate: hydrated,
          contextInfo,
        }),
      }),
      record({
        interactiveMessage: record({
          header: record(header),
          carouselMessage: record({ cards: some(card) }),
          contextInfo,
        }),
      }),
      record({ buttonsMessage: record({ contentText: words, documentMessage: file, contextInfo }) }),
      record({
        buttonsResponseMessage: record({ selectedButtonId: words, selectedDisplayText: words, contextInfo }),
      }),
      record({
        interactiveResponseMessage: record({
          body: record({ text: words }),
          nativeFlowResponseMessage: record({ name: words, paramsJson: json }),
          contextInfo,
        }),
      }),
      record({ extendedTextMessage: record({ text: words, contextInfo }) }),
    )
    await assertProperty(
      fc.asyncProperty(business, async random => {
        const content = wired(proto.Message.fromObject(random))
        const key = { remoteJid: '1@g.us', participant: '34600@s.whatsapp.net', id: 'ID' }
        const inbound = await toReceivedMessage({ key, message: content }, false, context)
        if ('ignored' in inbound) throw new Error(inbound.ignored)
        const stored = JSON.parse(JSON.stringify(inbound.message))
        wholeMessage.parse(completeMessage(stored))
        // What it does not say is not stored.
        expect(Object.values(stored)).not.toContainEqual([])
      }),
      { numRuns: 1000 },
    )
  })
})
