import { createHmac, timingSafeEqual } from 'node:crypto'
import type { PresentedLink } from '../../ports/media/media-server.ts'

/** How long a link in a delivery works, in milliseconds: 24 h, longer than most of its retries. */
export const LINK_LIFETIME_MS = 86_400_000
/** So long the link to a thumbnail is the same, and a browser need not ask again. */
export const THUMBNAIL_PERIOD_MS = 86_400_000

/**
 * A URL under which a stored file can be had without an API key until `expiresAt` (milliseconds since the epoch, cut to seconds).
 * `base` has no slash at its end; `key` is the one of `loadLinkKey`.
 */
export const mediaLink = (base: string, id: string, expiresAt: number, key: Uint8Array): string =>
  `${base}/media/${id}?${query('file', id, expiresAt, key)}`

/** The query of a link to the thumbnail of a file, for one to two periods from `now` (milliseconds since the epoch): it opens nothing else. */
export function thumbnailQuery(id: string, now: number, key: Uint8Array): string {
  const period = Math.floor(now / THUMBNAIL_PERIOD_MS)
  return query('thumbnail', id, (period + 2) * THUMBNAIL_PERIOD_MS, key)
}

function query(of: PresentedLink['of'], id: string, expiresAt: number, key: Uint8Array): string {
  const expires = String(Math.floor(expiresAt / 1000))
  return `expires=${expires}&signature=${sign(of, id, expires, key).toString('base64url')}`
}

/** Checks a link in constant time; only a true one is told to have expired. `now` is the time of day, as links outlive processes. */
export function checkMediaLink(
  link: PresentedLink,
  now: number,
  key: Uint8Array,
): 'valid' | 'expired' | 'forged' {
  const { of, id, expires = '', signature = '' } = link
  const expected = sign(of, id, expires, key)
  const given = Buffer.from(signature, 'base64url')
  // One spelling only: base64 decoders read several as the same bytes.
  const same = given.length === expected.length && timingSafeEqual(given, expected)
  if (!same || given.toString('base64url') !== signature || !/^\d{1,12}$/.test(expires)) return 'forged'
  return Number(expires) * 1000 > now ? 'valid' : 'expired'
}

const PURPOSES = { file: 'media-link.v1', thumbnail: 'thumbnail-link.v1' }

function sign(of: PresentedLink['of'], id: string, expires: string, key: Uint8Array): Buffer {
  return createHmac('sha256', key).update(`${PURPOSES[of]}\n${id}\n${expires}`).digest()
}
