import type { BinaryNode } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { AccountPresence } from '../../../src/whatsapp/socket/account-presence.ts'
import { createTestClock } from '../../base/clock.ts'

const MINUTE = 60_000

function setUp(name: string | null = 'Shop') {
  const clock = createTestClock()
  const sent: BinaryNode[] = []
  const online: boolean[] = []
  const socket = {
    sendNode: async (node: BinaryNode) => void sent.push(node),
    ev: { emit: (_: string, { isOnline }: { isOnline: boolean }) => online.push(isOnline) },
  }
  const presence = new AccountPresence(socket as never, clock, () => name)
  return { clock, sent, online, presence, types: () => sent.map(({ attrs }) => attrs.type) }
}

describe('the presence of an account', () => {
  it('is told at once by who knows no name: silence counts as available', () => {
    const nameless = setUp(null)
    nameless.presence.opened()
    expect(nameless.sent).toEqual([{ tag: 'presence', attrs: { type: 'unavailable' } }])
    const named = setUp()
    named.presence.opened()
    expect(named.sent).toEqual([])
  })

  it('is unavailable when a name becomes known, and available only if somebody asked for it', async () => {
    const { presence, sent } = setUp('Shop @ home')
    presence.named()
    await presence.show('available')
    presence.named()
    const [name, tag] = ['Shop  home', 'presence']
    expect(sent).toEqual([
      { tag, attrs: { name, type: 'unavailable' } },
      { tag, attrs: { name, type: 'available' } },
      { tag, attrs: { name, type: 'available' } },
    ])
  })

  it('ends being available five minutes after the last send', async () => {
    const { presence, clock, types, online } = setUp()
    await presence.show('available')
    await clock.advance(4 * MINUTE)
    presence.used()
    await clock.advance(5 * MINUTE - 1)
    expect(types()).toEqual(['available'])
    await clock.advance(1)
    expect(types()).toEqual(['available', 'unavailable'])
    expect(online).toEqual([true, false])
    presence.used()
    await clock.advance(60 * MINUTE)
    expect(types()).toHaveLength(2)
  })

  it('lasts five minutes from the newest request', async () => {
    const { presence, clock, types } = setUp()
    await presence.show('available')
    await clock.advance(4 * MINUTE)
    await presence.show('available')
    await clock.advance(5 * MINUTE - 1)
    expect(types()).toEqual(['available', 'available'])
    await clock.advance(1)
    expect(types().at(-1)).toBe('unavailable')
  })

  it.each<[string, (presence: AccountPresence) => unknown, number]>([
    ['somebody asks for unavailable', presence => presence.show('unavailable'), 2],
    ['the socket ends', presence => presence.end(), 1],
  ])('runs no timer once %s', async (_, ends, told) => {
    const { presence, clock, types } = setUp()
    await presence.show('available')
    await ends(presence)
    await clock.advance(60 * MINUTE)
    expect(types()).toHaveLength(told)
  })

  it('is not changed by what is done in a chat, which names the chat alone', async () => {
    const { presence, sent } = setUp()
    await presence.show('composing', '34600000002@s.whatsapp.net')
    await presence.show('recording', '1@lid')
    await presence.show('paused', '1@g.us')
    expect(sent).toEqual([
      {
        tag: 'chatstate',
        attrs: { to: '34600000002@s.whatsapp.net' },
        content: [{ tag: 'composing', attrs: {} }],
      },
      {
        tag: 'chatstate',
        attrs: { to: '1@lid' },
        content: [{ tag: 'composing', attrs: { media: 'audio' } }],
      },
      { tag: 'chatstate', attrs: { to: '1@g.us' }, content: [{ tag: 'paused', attrs: {} }] },
    ])
  })
})
