import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { BASE64_MAX_BYTES, base64File } from '../../../src/http/schemas/base64-file.ts'

const BYTES = randomBytes(1000)
const PLAIN = BYTES.toString('base64')
const lines = (end: string) => PLAIN.replace(/.{76}/g, line => `${line}${end}`)

describe('a file in base64', () => {
  it.each([
    ['as RFC 4648 has it', PLAIN, null],
    ['without padding', PLAIN.replace(/=+$/, ''), null],
    ['in the URL-safe alphabet', BYTES.toString('base64url'), null],
    ['in lines as chunk_split of PHP writes them', lines('\r\n'), null],
    ['in lines as a telephone writes them', `${lines('\n')}\n`, null],
    ['as a data: URI of a browser', `data:image/png;base64,${PLAIN}`, 'image/png'],
    ['as a data: URI with parameters', `DATA:text/csv;charset=utf-8;BASE64,${lines('\n')}`, 'text/csv'],
    ['as a data: URI that does not say what it is', `data:;base64,${PLAIN}`, null],
    ['after white space', ` \n data:image/webp;base64, ${PLAIN}`, 'image/webp'],
  ])('%s', (_, text, mimetype) => {
    expect(base64File.parse(text)).toEqual({ bytes: BYTES, mimetype })
  })

  it.each([
    ['a letter is missing', 'QUJDR'],
    ['too much padding', 'QUI=='],
    ['padding in the middle', 'QQ==QUJD'],
    ['three of them', 'Q==='],
    ['another alphabet', 'QUJ{'],
    ['words', 'not base64!'],
    ['a URI of another kind', 'data:image/svg+xml,%3Csvg%3E'],
    ['a URI that is not base64', 'data:text/plain,hello'],
  ])('%s: refused', (_, text) => {
    expect(base64File.safeParse(text).error!.issues[0]!.message).toMatch(/^must be base64/)
  })

  it('has at most 16 MB, however it is written', () => {
    const full = Buffer.alloc(BASE64_MAX_BYTES).toString('base64')
    expect(base64File.parse(full.replace(/.{76}/g, line => `${line}\r\n`)).bytes.length).toBe(
      BASE64_MAX_BYTES,
    )
    const more = Buffer.alloc(BASE64_MAX_BYTES + 1).toString('base64')
    expect(base64File.safeParse(more).error!.issues[0]!.message).toMatch(/16777216 bytes; give a mediaUrl/)
  })

  it.each([
    ['white space', ' '.repeat(4_000_000)],
    ['commas', 'data:;'.padEnd(4_000_000, ';')],
    ['padding', '='.repeat(4_000_000)],
  ])('millions of %s do not hang it', (_, text) => {
    expect(base64File.safeParse(`${text}!`).success).toBe(false)
  })
})
