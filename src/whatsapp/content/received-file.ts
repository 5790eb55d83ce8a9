import type { MediaSource } from '../../messages/message-ref.ts'
import type { ReceivedMedia } from '../../messages/received.ts'

/** What messages of all kinds say about their file, as far as it is used; bytes and numbers may be missing or nonsense. */
export interface FilePart {
  url?: string | null
  directPath?: string | null
  mediaKey?: Uint8Array | null
  fileSha256?: Uint8Array | null
  fileEncSha256?: Uint8Array | null
  fileLength?: unknown
  mimetype?: string | null
  fileName?: string | null
  seconds?: number | null
  ptt?: boolean | null
}

/** `media` is what Laravel is told; `source` holds the key to the file and goes nowhere but into the table of downloads. */
export interface ReceivedFile {
  media: ReceivedMedia
  source: MediaSource
}

/** Bytes of a key and of a SHA-256. */
const LENGTH = 32
const MAX_NAME = 255
const MAX_TYPE = 200

/**
 * The file of a message; null if it could never be fetched: with half a key, without a hash, or a place. The files of newsletters are
 * not encrypted and have no key.
 */
export function receivedFile(
  kind: MediaSource['kind'],
  part: FilePart | null | undefined,
): ReceivedFile | null {
  const url = part?.url ? URL.parse(part.url) : null
  const directPath = part?.directPath || (url && `${url.pathname}${url.search}`)
  const key = part?.mediaKey ?? new Uint8Array(0)
  if (!part || !directPath || part.fileSha256?.length !== LENGTH) return null
  if (key.length !== LENGTH && key.length !== 0) return null
  const id = hex(part.fileSha256)
  const size = natural(part.fileLength) ?? 0
  return {
    media: {
      id,
      mimetype: oneLine(part.mimetype, MAX_TYPE) ?? 'application/octet-stream',
      filename: oneLine(part.fileName?.split(/[/\\]/).at(-1), MAX_NAME),
      size,
      seconds: natural(part.seconds || null),
      ...(kind === 'audio' && { ptt: part.ptt === true }),
    },
    source: {
      id,
      kind,
      directPath,
      host: url?.host ?? null,
      mediaKey: Buffer.from(key).toString('base64'),
      encryptedId: hex(part.fileEncSha256 ?? new Uint8Array(0)),
      size,
    },
  }
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** protobuf gives numbers or Longs. */
function natural(value: unknown): number | null {
  const number = value === null || value === undefined ? Number.NaN : Number(value)
  return Number.isSafeInteger(number) && number >= 0 ? number : null
}

function oneLine(text: string | null | undefined, max: number): string | null {
  // Lone surrogates would become other characters on their way through JSON.
  const clean = (text ?? '')
    .toWellFormed()
    .replace(/\p{Cc}/gu, '')
    .trim()
  return clean === '' ? null : [...clean].slice(0, max).join('')
}
