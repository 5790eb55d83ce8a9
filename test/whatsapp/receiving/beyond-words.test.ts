import type { proto } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { beyondWords, type People } from '../../../src/whatsapp/receiving/beyond-words.ts'

const people: People = {
  isMe: jid => jid === '111@s.whatsapp.net' || jid === '555@lid',
  identify: async jid =>
    jid === '111@s.whatsapp.net' || jid === '555@lid'
      ? { pn: '111', lid: '555@lid' }
      : jid.endsWith('@lid')
        ? { pn: jid === '998@lid' ? '34600' : null, lid: jid }
        : { pn: jid.split('@')[0]!, lid: null },
}
const said = (context: proto.IContextInfo) => beyondWords(context, people)

describe('what stands beside the words', () => {
  it('is nothing when there is nothing', async () => {
    expect(await said({})).toEqual({})
    expect(await said({ expiration: 0, isForwarded: false, mentionedJid: [], nonJidMentions: 0 })).toEqual({})
  })

  it.each<[string, proto.IMessage, { type: string; text: string | null }]>([
    ['a text', { conversation: 'old' }, { type: 'text', text: 'old' }],
    ['an extended text', { extendedTextMessage: { text: 'old' } }, { type: 'text', text: 'old' }],
    ['a picture', { imageMessage: { caption: 'look' } }, { type: 'image', text: 'look' }],
    ['a bare picture', { imageMessage: {} }, { type: 'image', text: null }],
    ['a wrapped one', { ephemeralMessage: { message: { videoMessage: {} } } }, { type: 'video', text: null }],
    ['a poll', { pollCreationMessageV3: { name: 'Where?' } }, { type: 'poll', text: 'Where?' }],
    ['words of a business', { buttonsMessage: { contentText: 'Yes?' } }, { type: 'text', text: 'Yes?' }],
    ['what nobody can read', { paymentInviteMessage: {} }, { type: 'unsupported', text: null }],
    ['nothing', {}, { type: 'unsupported', text: null }],
  ])('quotes %s', async (_, quotedMessage, read) => {
    expect(await said({ stanzaId: 'OLD', participant: '998:3@lid', quotedMessage })).toEqual({
      quoted: { message_id: 'OLD', from: '34600', from_lid: '998@lid', is_status: false, ...read },
    })
  })

  it('quotes a status, what we said ourselves, and what has no author', async () => {
    const status = { stanzaId: 'S', participant: '111@s.whatsapp.net', remoteJid: 'status@broadcast' }
    expect((await said(status)).quoted).toMatchObject({ is_status: true, from: '111', from_lid: '555@lid' })
    expect((await said({ stanzaId: 'S' })).quoted).toMatchObject({ from: null, from_lid: null })
  })

  it('names whom it mentions, each once, by both names', async () => {
    expect(
      await said({ mentionedJid: ['998@lid', '998:4@lid', '7@lid', '34611@s.whatsapp.net', 'nonsense'] }),
    ).toEqual({
      mentions: [
        { jid: '998@lid', phone: '34600' },
        { jid: '7@lid', phone: null },
        { jid: '34611@s.whatsapp.net', phone: '34611' },
      ],
    })
  })

  it.each<[string, proto.IContextInfo]>([
    ['by number', { mentionedJid: ['111@s.whatsapp.net'] }],
    ['by LID', { mentionedJid: ['998@lid', '555@lid'] }],
    ['with everybody', { nonJidMentions: 1 }],
  ])('knows when it mentions us %s', async (_, context) => {
    expect(await said(context)).toMatchObject({ mentions_me: true })
  })

  it('mentions a group, and does not look up thousands', async () => {
    expect((await said({ groupMentions: [{ groupJid: '1@g.us', groupSubject: 'A' }] })).mentions).toEqual([
      { jid: '1@g.us', phone: null },
    ])
    const many = Array.from({ length: 5000 }, (_, n) => `${n + 1000}@lid`)
    const all = await said({ mentionedJid: [...many, '555@lid'] })
    expect(all.mentions).toHaveLength(256)
    expect(all.mentions_me).toBe(true)
  })

  it('is forwarded by its mark or by its score, and disappears', async () => {
    expect(await said({ isForwarded: true })).toEqual({ forwarded: true })
    expect(await said({ forwardingScore: 4 })).toEqual({ forwarded: true })
    expect(await said({ expiration: 86_400 })).toEqual({ expires_in: 86_400 })
  })

  it('has the advertisement that led here, under the names of the Cloud API', async () => {
    const externalAdReply = {
      title: 'Shoes',
      body: 'Now cheaper',
      mediaType: 2,
      sourceType: 'ad',
      sourceId: '120',
      sourceUrl: 'https://fb.me/x',
      ctwaClid: 'CLID',
    }
    expect((await said({ externalAdReply, entryPointConversionSource: 'ctwa_ad' })).referral).toEqual({
      source_url: 'https://fb.me/x',
      source_id: '120',
      source_type: 'ad',
      headline: 'Shoes',
      body: 'Now cheaper',
      media_type: 'video',
      ctwa_clid: 'CLID',
      entry_point: 'ctwa_ad',
    })
    expect((await said({ conversionSource: 'FB_Ads' })).referral).toMatchObject({
      entry_point: 'FB_Ads',
      source_id: null,
    })
    expect((await said({ ctwaPayload: Buffer.from('x') })).referral).toMatchObject({ entry_point: null })
    expect(await said({ entryPointConversionSource: 'global_search_new_chat' })).toEqual({})
  })
})
