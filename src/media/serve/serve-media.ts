import type { MediaRequest } from '../../ports/media/media-server.ts'
import { essenceOf } from '../content-type.ts'
import { attachment } from '../filenames.ts'

/** What is known of a stored file; type and name come from strangers. */
export interface ServedFile {
  id: string
  size: number
  mimetype: string | null
  filename: string | null
}

/** Headers of the request, as they came. */
export type Conditions = Partial<Omit<MediaRequest, 'bodyWanted'>>

export interface MediaAnswer {
  status: 200 | 206 | 304 | 416
  headers: Record<string, string>
  /** What of the file to send; offsets are inclusive, as in `MediaStore.open`. null: no body. */
  body: 'whole' | { start: number; end: number } | null
}

/** Nothing of a stranger's file runs or is guessed at under this origin. */
const INERT = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "sandbox; default-src 'none'",
}

/**
 * The answer to a GET or HEAD of a file (RFC 9110, sections 13 and 14): always a download. One range is served, of several the
 * whole file is. The id names the content, so it is the entity tag, too.
 */
export function answerMedia(file: ServedFile, conditions: Conditions = {}): MediaAnswer {
  const { size } = file
  const etag = `"${file.id}"`
  const always = { ...INERT, ETag: etag, 'Cache-Control': 'private', 'Accept-Ranges': 'bytes' }
  if (matches(conditions.ifNoneMatch, etag)) return { status: 304, headers: always, body: null }

  const wanted = conditions.ifRange === undefined || conditions.ifRange.trim() === etag
  const range = wanted ? parseRange(conditions.range, size) : 'none'
  if (range === 'unsatisfiable')
    return {
      status: 416,
      headers: { ...always, 'Content-Range': `bytes */${size}`, 'Content-Length': '0' },
      body: null,
    }

  const described = {
    ...always,
    'Content-Type': contentType(file.mimetype),
    'Content-Disposition': attachment(file.filename),
  }
  if (range === 'none')
    return { status: 200, headers: { ...described, 'Content-Length': String(size) }, body: 'whole' }
  const { start, end } = range
  return {
    status: 206,
    headers: {
      ...described,
      'Content-Range': `bytes ${start}-${end}/${size}`,
      'Content-Length': String(end - start + 1),
    },
    body: range,
  }
}

/** A header that cannot be understood, or asks for more than one range, is none. */
function parseRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | 'none' {
  const found = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header ?? '')
  if (found === null) return 'none'
  const [, first, last] = found as unknown as [string, string, string]
  if (first === '' && last === '') return 'none'
  if (first === '') {
    const length = Math.min(Number(last), size)
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 }
  }
  if (last !== '' && Number(last) < Number(first)) return 'none'
  if (Number(first) >= size) return 'unsatisfiable'
  return { start: Number(first), end: last === '' ? size - 1 : Math.min(Number(last), size - 1) }
}

/** Weak comparison, as If-None-Match demands. */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header.trim() === '*' || header.split(',').some(tag => tag.trim().replace(/^W\//, '') === etag)
}

/** Codecs are kept, for players; anything that is no type is bytes. */
function contentType(mimetype: string | null): string {
  const essence = essenceOf(mimetype)
  if (essence === null) return 'application/octet-stream'
  const codecs = /;\s*codecs\s*=\s*"?([\w.,-]+)"?\s*$/i.exec(mimetype!)
  return codecs === null ? essence : `${essence}; codecs="${codecs[1]}"`
}
