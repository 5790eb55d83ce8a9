import { createCipheriv, createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SealedKind } from '../../../src/whatsapp/content/parsed-content.ts'
import { openSeal, SEALS } from '../../../src/whatsapp/sealed/seals.ts'
import { assertProperty } from '../../property.ts'

/** The protocol's table once more: which label, and whether the id and the sealer stand beside the ciphertext. */
const TABLE: [SealedKind, string, boolean][] = [
  ['edit', 'Message Edit', false],
  ['eventEdit', 'Event Edit', false],
  ['pollEdit', 'Poll Edit', false],
  ['pollOption', 'Poll Add Option', false],
  ['pollOption', 'Poll Edit', false],
  ['reaction', 'Enc Reaction', false],
  ['comment', 'Enc Comment', false],
  ['vote', 'Poll Vote', true],
  ['eventResponse', 'Event Response', true],
]

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const digits = fc.stringMatching(/^[1-9]\d{5,14}$/)
const jid = fc.tuple(digits, fc.constantFrom('lid', 's.whatsapp.net')).map(parts => parts.join('@'))
const sealedAs = fc.record({
  row: fc.constantFrom(...TABLE),
  secret: bytes(32),
  iv: bytes(12),
  plain: fc.uint8Array({ maxLength: 200 }),
  id: fc.stringMatching(/^[0-9A-F]{16,32}$/),
  author: jid,
  sealer: jid,
})

/** HKDF-SHA256 by hand (RFC 5869, zero salt, one block), then AES-256-GCM. */
function seal({ row: [, label, named], secret, iv, plain, id, author, sealer }: Case): Buffer {
  const prk = createHmac('sha256', Buffer.alloc(32)).update(secret).digest()
  const key = createHmac('sha256', prk).update(`${id}${author}${sealer}${label}`).update('\x01').digest()
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  if (named) cipher.setAAD(Buffer.from(`${id}\0${sealer}`))
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}
type Case = typeof sealedAs extends fc.Arbitrary<infer T> ? T : never

const opened = (one: Case, encPayload: Uint8Array, over: Partial<Parameters<typeof openSeal>[1]> = {}) => {
  const { row, secret, iv, id, author, sealer } = one
  const about = { id, secret, authors: [author], sealers: [sealer], ...over }
  return openSeal({ kind: row[0], encPayload, encIv: iv }, about)
}

describe('what is sealed under the secret of a message', () => {
  it('is opened by the table, whichever of their names both sides wrote', async () => {
    await assertProperty(
      fc.property(sealedAs, jid, jid, (one, other, another) => {
        const payload = seal(one)
        expect(opened(one, payload)).toEqual(Buffer.from(one.plain))
        const names = { authors: [other, one.author], sealers: [another, one.sealer] }
        expect(opened(one, payload, names)).toEqual(Buffer.from(one.plain))
      }),
    )
  })

  it('is opened by nothing else', async () => {
    await assertProperty(
      fc.property(sealedAs, bytes(32), jid, fc.nat(), (one, secret, other, at) => {
        const payload = seal(one)
        const changed = Buffer.from(payload)
        changed[at % changed.length]! ^= 1
        expect(opened(one, changed)).toBeNull()
        if (!Buffer.from(secret).equals(Buffer.from(one.secret)))
          expect(opened(one, payload, { secret })).toBeNull()
        if (other !== one.author) expect(opened(one, payload, { authors: [other] })).toBeNull()
        if (other !== one.sealer) expect(opened(one, payload, { sealers: [other] })).toBeNull()
        expect(opened(one, payload, { id: `${one.id}0` })).toBeNull()
        for (const [kind, label] of TABLE)
          if (kind !== one.row[0] && !SEALS[kind].labels.includes(one.row[1]) && label !== one.row[1])
            expect(opened({ ...one, row: [kind, label, one.row[2]] }, payload)).toBeNull()
        expect(opened({ ...one, iv: new Uint8Array(16) }, payload)).toBeNull()
        expect(opened(one, payload.subarray(0, 15))).toBeNull()
      }),
    )
  })

  it('has a row for each kind', () => {
    expect(new Set(TABLE.map(([kind]) => kind))).toEqual(new Set(Object.keys(SEALS)))
  })
})
