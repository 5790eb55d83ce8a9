import { expect, it } from 'vitest'
import { isFromServer } from '../../../src/whatsapp/linking/passkey/stanzas.ts'

const from = (from?: string) =>
  isFromServer({ tag: 'notification', attrs: from === undefined ? {} : { from } })

it('WhatsApp alone demands passkeys, and answers them', () => {
  expect(['s.whatsapp.net', '@s.whatsapp.net'].map(from)).toEqual([true, true])
  const others = ['34600@s.whatsapp.net', '9@lid', 's.whatsapp.net.example.org', '', undefined]
  expect(others.map(from)).toEqual(others.map(() => false))
})
