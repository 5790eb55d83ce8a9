import { EventEmitter } from 'node:events'
import { type BinaryNode, decodeMessageNode, type WASocket } from '@whiskeysockets/baileys'
import { expect, it } from 'vitest'
import { mendOwnMessages } from '../../../../src/whatsapp/patches/stanzas/own-messages.ts'
import { stanza } from './stanzas.ts'

const US = { pn: '34600000001@s.whatsapp.net', lid: '7001@lid' }
const ANA = { pn: '34611000001@s.whatsapp.net', lid: '9001@lid' }

/** What Baileys makes of a stanza of another own device that our patch has seen. */
function keyOf(attrs: BinaryNode['attrs'], content = [stanza('enc', {}, Buffer.of(1))]) {
  const ws = new EventEmitter()
  const seen = stanza('message', { id: 'A', t: '1', type: 'text', ...attrs }, content)
  mendOwnMessages({ ws } as unknown as Pick<WASocket, 'ws'>)
  ws.emit('CB:message', seen)
  return decodeMessageNode(seen, US.pn, US.lid).fullMessage.key
}

it.each([
  [{ from: US.lid, recipient: ANA.lid, peer_recipient_pn: ANA.pn }, ANA.lid, ANA.pn],
  [{ from: US.pn, recipient: ANA.lid, peer_recipient_pn: ANA.pn }, ANA.lid, ANA.pn],
  [{ from: US.pn, recipient: ANA.pn, peer_recipient_lid: ANA.lid }, ANA.pn, ANA.lid],
  [{ from: US.lid, recipient: ANA.pn, peer_recipient_lid: ANA.lid, addressing_mode: 'lid' }, ANA.pn, ANA.lid],
])('the chat has its two names, whichever is ours: %j', (attrs, name, other) => {
  expect(keyOf({ ...attrs, sender_pn: US.pn })).toMatchObject({ remoteJid: name, remoteJidAlt: other })
})

it('a chat by number without a LID gets its receipt addressed, and no name of ours', () => {
  for (const from of [US.pn, US.lid])
    for (const addressing_mode of ['pn', 'lid']) {
      const key = keyOf({
        from,
        addressing_mode,
        recipient: ANA.pn,
        peer_recipient_pn: ANA.pn,
        sender_lid: US.lid,
      })
      expect(key).toMatchObject({ remoteJid: ANA.pn, participant: from })
      // Baileys would pair it with the participant, and move the sessions of the one to the other.
      expect([key.remoteJidAlt, key.participantAlt]).toEqual([undefined, undefined])
    }
})

it.each([[[]], [[stanza('unavailable')]]])('what has no content is acked, and names nobody: %j', content => {
  expect(keyOf({ from: US.pn, recipient: ANA.pn }, content).participant).toBeUndefined()
})

it('what others sent is as it was', () => {
  const key = keyOf({ from: ANA.lid, sender_pn: ANA.pn })
  expect(key).toMatchObject({ remoteJid: ANA.lid, remoteJidAlt: ANA.pn })
})
