import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadLinkKey } from '../../../src/media/serve/link-key.ts'
import {
  checkMediaLink,
  LINK_LIFETIME_MS,
  mediaLink,
  THUMBNAIL_PERIOD_MS,
  thumbnailQuery,
} from '../../../src/media/serve/links.ts'
import type { PresentedLink } from '../../../src/ports/media/media-server.ts'

const KEY = Buffer.alloc(32, 7)
const ID = 'ab'.repeat(32)
const NOW = Date.UTC(2026, 0, 1)
const EXPIRES_AT = NOW + LINK_LIFETIME_MS

function presented(link: string): PresentedLink {
  const url = new URL(link)
  const [expires, signature] = ['expires', 'signature'].map(name => url.searchParams.get(name) ?? undefined)
  return { of: 'file', id: url.pathname.split('/').at(-1)!, expires, signature }
}

const good = presented(mediaLink('https://wa.test/api', ID, EXPIRES_AT, KEY))

describe('a media link', () => {
  it('has the signature that openssl computes', () => {
    expect(mediaLink('https://wa.test/api', ID, EXPIRES_AT, KEY)).toBe(
      `https://wa.test/api/media/${ID}?expires=1767312000&signature=9fV9fPJTkF9CuUYnZtZwJXSN1FVCl28TJ03_WdaM_c0`,
    )
  })

  it.each([
    [NOW, 'valid'],
    [EXPIRES_AT - 1, 'valid'],
    [EXPIRES_AT, 'expired'],
    [EXPIRES_AT + LINK_LIFETIME_MS, 'expired'],
  ])('at %i is %s', (now, verdict) => {
    expect(checkMediaLink(good, now, KEY)).toBe(verdict)
  })

  it.each<[string, Partial<PresentedLink>]>([
    ['another file', { id: 'cd'.repeat(32) }],
    ['a thumbnail in place of the file', { of: 'thumbnail' }],
    ['a file of another name', { id: ID.toUpperCase() }],
    ['a later expiry', { expires: '1767312001' }],
    ['an expiry with a zero before it', { expires: '01767312000' }],
    ['an expiry that is no number', { expires: 'Infinity' }],
    ['no expiry', { expires: undefined }],
    ['an empty signature', { signature: '' }],
    ['no signature', { signature: undefined }],
    ['half a signature', { signature: good.signature!.slice(0, 20) }],
    ['a signature and more', { signature: `${good.signature}AAAA` }],
    ['a signature in another spelling', { signature: `${good.signature}=` }],
    [
      'the bits set that its last character has to spare',
      { signature: good.signature!.replace(/.$/, last => String.fromCharCode(last.charCodeAt(0) + 1)) },
    ],
    [
      'a character in it that counts for nothing',
      { signature: `${good.signature!.slice(0, 9)}.${good.signature!.slice(9)}` },
    ],
    ['one bit wrong', { signature: good.signature!.replace(/^./, first => (first === 'A' ? 'B' : 'A')) }],
  ])('with %s is forged, before and after its expiry', (_, change) => {
    const link = { ...good, ...change }
    expect(link).not.toEqual(good)
    expect(checkMediaLink(link, NOW, KEY)).toBe('forged')
    expect(checkMediaLink(link, EXPIRES_AT + 1, KEY)).toBe('forged')
  })

  it('of another key is forged', () => {
    expect(checkMediaLink(good, NOW, Buffer.alloc(32, 8))).toBe('forged')
  })

  it('with a digit moved from the id to the expiry is forged', () => {
    const link = presented(mediaLink('http://a', 'x1', 2_000_000_000_000, KEY))
    expect(checkMediaLink({ ...link, id: 'x', expires: `1${link.expires}` }, NOW, KEY)).toBe('forged')
  })
})

describe('a link to a thumbnail', () => {
  const DAY = THUMBNAIL_PERIOD_MS
  const link = (now: number, id = ID): PresentedLink => {
    const query = new URLSearchParams(thumbnailQuery(id, now, KEY))
    return { of: 'thumbnail', id, expires: query.get('expires')!, signature: query.get('signature')! }
  }

  it('is the same all day, and works until the end of the next', () => {
    expect(link(NOW + DAY - 1)).toEqual(link(NOW))
    expect(link(NOW + DAY)).not.toEqual(link(NOW))
    for (const [at, verdict] of [
      [NOW, 'valid'],
      [NOW + 2 * DAY - 1, 'valid'],
      [NOW + 2 * DAY, 'expired'],
    ] as const)
      expect(checkMediaLink(link(NOW), at, KEY)).toBe(verdict)
  })

  it.each<[string, Partial<PresentedLink>]>([
    ['the file itself', { of: 'file' }],
    ['another file', { id: 'cd'.repeat(32) }],
    ['a later day', { expires: String((NOW + 3 * DAY) / 1_000) }],
    ['the signature of another file', { signature: link(NOW, 'cd'.repeat(32)).signature }],
    ['the signature of a link to the file', { signature: good.signature }],
    ['no signature', { signature: undefined }],
  ])('for %s is forged', (_, change) => {
    expect(checkMediaLink({ ...link(NOW), ...change }, NOW, KEY)).toBe('forged')
  })
})

describe('the link key', () => {
  let dataDir: string

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'link-key-'))
  })

  afterEach(() => rm(dataDir, { recursive: true, force: true }))

  const path = () => join(dataDir, 'media-link.key')

  it('is made once, for its owner alone, and differs between installations', async () => {
    const key = loadLinkKey(dataDir)
    expect(key).toHaveLength(32)
    expect(loadLinkKey(dataDir)).toEqual(key)
    expect(await readFile(path())).toEqual(key)
    expect((await stat(path())).mode & 0o777).toBe(0o600)
    await rm(path())
    expect(loadLinkKey(dataDir)).not.toEqual(key)
  })

  it('is made anew after a crash while it was written', async () => {
    await writeFile(`${path()}.tmp`, 'half')
    expect(loadLinkKey(dataDir)).toHaveLength(32)
  })

  it.each([
    '',
    'too short',
    'x'.repeat(33),
  ])('whose file holds %j is refused, and the file is left alone', async text => {
    await writeFile(path(), text)
    expect(() => loadLinkKey(dataDir)).toThrow(
      expect.objectContaining({ code: 'BAD_CONFIG', message: expect.stringContaining(path()) }),
    )
    expect(await readFile(path(), 'utf8')).toBe(text)
  })

  it('is refused where there is no data directory', () => {
    expect(() => loadLinkKey(join(dataDir, 'missing'))).toThrow(
      expect.objectContaining({ code: 'BAD_CONFIG', message: expect.stringContaining('ENOENT') }),
    )
  })
})
