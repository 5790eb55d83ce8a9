import type { BinaryNode, Chat, proto } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import type { ChatTimer } from '../../../src/messages/chat-timer.ts'
import { timerIn, timerOfGroup, timersInHistory } from '../../../src/whatsapp/disappearing/timers-in.ts'

const ANA = '998@lid'
const GROUP = '1@g.us'
const DAY = 86_400
const SENT_AT = 1_700_000_000

function said(message: proto.IMessage, known: ChatTimer | null = null, chat = ANA) {
  const key = { remoteJid: chat, id: 'ID' }
  return timerIn({ key, message, messageTimestamp: SENT_AT }, chat, async () => known)
}
const noted = (contextInfo: proto.IContextInfo): proto.IMessage => ({ extendedTextMessage: { contextInfo } })
const setting = (ephemeralExpiration: number, ephemeralSettingTimestamp?: number): proto.IMessage => ({
  protocolMessage: {
    type: 3,
    ephemeralExpiration,
    ...(ephemeralSettingTimestamp && { ephemeralSettingTimestamp }),
  },
})

describe('the timer in a message', () => {
  it('is that of a setting, since when it says or since it was sent, and 0 when it is switched off', async () => {
    expect(await said(setting(DAY, 7))).toEqual({ chat: ANA, expiration: DAY, setAt: 7 })
    expect(await said(setting(DAY))).toEqual({ chat: ANA, expiration: DAY, setAt: SENT_AT })
    expect(await said({ ephemeralMessage: { message: setting(0, 9) } })).toEqual({
      chat: ANA,
      expiration: 0,
      setAt: 9,
    })
  })

  it('is noted beside whatever is said, also within wrappers', async () => {
    const contextInfo = { expiration: DAY, ephemeralSettingTimestamp: 7 }
    const timer = { chat: ANA, expiration: DAY, setAt: 7 }
    for (const message of [
      noted(contextInfo),
      { imageMessage: { contextInfo } },
      { pollCreationMessageV3: { contextInfo } },
    ]) {
      expect(await said(message)).toEqual(timer)
      expect(await said({ ephemeralMessage: { message } })).toEqual(timer)
      expect(await said({ messageContextInfo: {}, documentWithCaptionMessage: { message } })).toEqual(timer)
    }
    expect(await said(noted({ expiration: 0, ephemeralSettingTimestamp: 7 }))).toMatchObject({
      expiration: 0,
      setAt: 7,
    })
    expect(await said(noted(contextInfo), null, GROUP)).toMatchObject({ chat: GROUP, expiration: DAY })
  })

  it('of a client that forgets since when teaches only who knows nothing', async () => {
    expect(await said(noted({ expiration: DAY }))).toEqual({ chat: ANA, expiration: DAY, setAt: SENT_AT })
    expect(await said(noted({ expiration: DAY }), { expiration: 0, setAt: 1 })).toBeNull()
    expect(await said(noted({ stanzaId: 'Q' }), { expiration: DAY, setAt: 1 })).toBeNull()
  })

  it('of before the newest setting says nothing, and a false clock does not win for ever', async () => {
    const late = noted({ expiration: DAY, ephemeralSettingTimestamp: 7 })
    expect(await said(late, { expiration: 0, setAt: 7 })).toBeNull()
    expect(await said(late, { expiration: 0, setAt: 6 })).toMatchObject({ expiration: DAY })
    const ahead = await said(noted({ expiration: DAY, ephemeralSettingTimestamp: 9_999_999_999 }))
    expect(ahead?.setAt).toBe(SENT_AT + DAY)
  })

  it('is nothing in a plain text, in changes, in a status, and in what members of a group claim to have set', async () => {
    expect(await said({ conversation: 'hello' })).toBeNull()
    expect(await said({ reactionMessage: { text: 'x' } })).toBeNull()
    expect(await said({ protocolMessage: { type: 0 } })).toBeNull()
    expect(await said({})).toBeNull()
    expect(
      await said(noted({ expiration: DAY, ephemeralSettingTimestamp: 7 }), null, 'status@broadcast'),
    ).toBeNull()
    expect(await said(setting(DAY, 7), null, GROUP)).toBeNull()
  })
})

describe('the timer of a group', () => {
  const notification = (...content: BinaryNode[]): BinaryNode => ({
    tag: 'notification',
    attrs: { from: GROUP, type: 'w:gp2', t: '9' },
    content,
  })
  it('is in any child of a notification', () => {
    const subject = { tag: 'subject', attrs: {} }
    const ephemeral = { tag: 'ephemeral', attrs: { expiration: '86400' } }
    expect(timerOfGroup(notification(subject, ephemeral))).toEqual({ chat: GROUP, expiration: DAY, setAt: 9 })
    expect(timerOfGroup(notification({ tag: 'not_ephemeral', attrs: {} }))).toMatchObject({ expiration: 0 })
    expect(timerOfGroup(notification(subject))).toBeNull()
    expect(timerOfGroup(notification())).toBeNull()
  })
})

describe('the timers of a history', () => {
  it('are those of chats that ever had one', () => {
    const chats = [
      { id: ANA, ephemeralExpiration: DAY, ephemeralSettingTimestamp: 7 },
      { id: GROUP, ephemeralSettingTimestamp: 8 },
      { id: '2@lid' },
    ] as Chat[]
    expect(timersInHistory(chats)).toEqual([
      { chat: ANA, expiration: DAY, setAt: 7 },
      { chat: GROUP, expiration: 0, setAt: 8 },
    ])
  })
})
