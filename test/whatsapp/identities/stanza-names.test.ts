import type { BinaryNode } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { changeInGroup, namingsIn } from '../../../src/whatsapp/identities/stanza-names.ts'

const [LID, PN] = ['1@lid', '34601@s.whatsapp.net']
const GROUP = '120363@g.us'
const stanza = (tag: string, attrs: BinaryNode['attrs'], content: BinaryNode[] = []): BinaryNode => ({
  tag,
  attrs,
  content,
})
const pair = { lid: LID, number: PN }

describe('names beside an address', () => {
  it.each<[string, BinaryNode]>([
    ['a message by LID', stanza('message', { from: '1:7@lid', sender_pn: PN })],
    ['a message by number', stanza('message', { from: '34601:7@s.whatsapp.net', sender_lid: LID })],
    ['an own message by LID', stanza('message', { from: '9:2@lid', recipient: LID, peer_recipient_pn: PN })],
    ['an own message, older', stanza('message', { from: '9:2@lid', recipient: LID, recipient_pn: PN })],
    [
      'an own message by number',
      stanza('message', { from: '349:2@s.whatsapp.net', recipient: PN, peer_recipient_lid: LID }),
    ],
    ['a message in a group', stanza('message', { from: GROUP, participant: LID, participant_pn: PN })],
    [
      'a message in a group by number',
      stanza('message', { from: GROUP, participant: PN, participant_lid: LID }),
    ],
    ['a receipt', stanza('receipt', { from: LID, sender_pn: PN })],
    ['a receipt in a group', stanza('receipt', { from: GROUP, participant: LID, participant_pn: PN })],
    [
      'a grouped receipt',
      stanza('receipt', { from: GROUP }, [
        stanza('participants', {}, [stanza('user', { jid: LID, participant_pn: PN })]),
      ]),
    ],
    ['a state of a chat', stanza('chatstate', { from: LID, participant_pn: PN })],
    [
      'a call',
      stanza('call', { from: LID }, [stanza('offer', { 'call-creator': '1:3@lid', caller_pn: PN })]),
    ],
    ['a call by number', stanza('call', { from: PN, sender_lid: LID }, [stanza('terminate', {})])],
    ['a change of devices', stanza('notification', { from: PN, type: 'devices', lid: LID })],
    ['a token', stanza('notification', { from: PN, type: 'privacy_token', sender_lid: LID })],
    [
      'a change in a group',
      stanza('notification', { from: GROUP, type: 'w:gp2' }, [
        stanza('add', {}, [stanza('participant', { jid: LID, phone_number: PN })]),
      ]),
    ],
    [
      'a request to join a group',
      stanza('notification', { from: GROUP, type: 'w:gp2' }, [
        stanza('created_membership_requests', {}, [stanza('requested_user', { jid: LID, phone_number: PN })]),
      ]),
    ],
    [
      'a block list',
      stanza('notification', { from: '@s.whatsapp.net', type: 'account_sync' }, [
        stanza('blocklist', {}, [stanza('item', { jid: LID, pn_jid: PN })]),
      ]),
    ],
    [
      'a status to many',
      stanza('message', { from: 'status@broadcast' }, [
        stanza('participants', {}, [stanza('to', { jid: LID, peer_recipient_pn: PN })]),
      ]),
    ],
  ])('of %s', (_, given) => expect(namingsIn(given)).toMatchObject([pair]))

  it('may be a name of its own choice, in chats, groups, own messages and calls', () => {
    for (const given of [
      stanza('message', { from: LID, username: 'ana' }),
      stanza('message', { from: GROUP, participant: LID, participant_username: 'ana' }),
      stanza('message', { from: '9:2@lid', recipient: LID, peer_recipient_username: 'ana' }),
      stanza('call', { from: LID }, [stanza('offer', { 'call-creator': LID, username: 'ana' })]),
    ])
      expect(namingsIn(given)).toMatchObject([{ lid: LID, username: 'ana' }])
  })

  it('are none where one address stands alone', () => {
    for (const given of [
      stanza('message', { from: LID, addressing_mode: 'lid' }),
      stanza('message', { from: GROUP, participant: LID }),
      stanza('receipt', { from: PN }),
      stanza('notification', { from: '@s.whatsapp.net', type: 'server_sync' }, [
        stanza('collection', { name: 'regular' }),
      ]),
    ])
      expect(namingsIn(given)).toEqual([])
  })
})

describe('another number', () => {
  it('of a contact is told with all names', () => {
    const attrs = { old: PN, new: '34602@s.whatsapp.net', old_lid: LID, new_lid: '2@lid' }
    const given = stanza('notification', { from: '@s.whatsapp.net', type: 'contacts' }, [
      stanza('modify', attrs),
    ])
    expect(namingsIn(given)).toEqual([{ lid: '2@lid', number: '34602@s.whatsapp.net', was: [LID, PN] }])
  })

  const NEW = '34602@s.whatsapp.net'
  const inGroup = (participant: string, child: BinaryNode) =>
    stanza('notification', { from: GROUP, type: 'w:gp2', participant }, [child])
  const modify = (jid: string, more = {}) => stanza('modify', {}, [stanza('participant', { jid, ...more })])

  it('of a member is the one of the two names that nobody knew', async () => {
    const knows = async (name: string) => name === PN
    expect(await changeInGroup(inGroup(PN, modify(NEW)), knows)).toEqual({ number: NEW, was: [PN] })
    expect(await changeInGroup(inGroup(NEW, modify(PN)), knows)).toEqual({ number: NEW, was: [PN] })
    expect(await changeInGroup(inGroup(PN, stanza('change_number', { jid: NEW })), knows)).toEqual({
      number: NEW,
      was: [PN],
    })
  })

  it('of a member under the same LID stands beside it', async () => {
    const given = inGroup(LID, modify(LID, { phone_number: NEW }))
    expect(await changeInGroup(given, async () => true)).toEqual({ lid: LID, number: NEW, was: [LID] })
  })

  it('is told by nothing else', async () => {
    expect(await changeInGroup(inGroup(PN, stanza('subject', { subject: 'x' })), async () => true)).toBeNull()
    expect(
      await changeInGroup(stanza('notification', { from: PN, type: 'devices' }), async () => true),
    ).toBeNull()
  })
})
