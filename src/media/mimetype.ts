import { open } from 'node:fs/promises'
import { essenceOf } from './content-type.ts'

/** As many bytes as telling a type takes. */
export const HEAD_BYTES = 4_100

/** Containers of many formats: the declared type says more than the content's first bytes. */
const CONTAINERS = new Set([
  'application/zip',
  'application/x-cfb',
  'application/xml',
  'application/gzip',
  'application/x-gzip',
])

/**
 * The type of a file by its content, with `codecs` where it matters; `declared` only where the content says nothing, and never
 * a type that the content would have shown. Text is `text/plain`, anything else `application/octet-stream`.
 */
export async function mimetypeOf(head: Uint8Array, declared: string | null): Promise<string> {
  const { fileTypeFromBuffer, supportedMimeTypes } = await import('file-type')
  const claim = essenceOf(declared)
  const found = await fileTypeFromBuffer(head).catch(() => undefined)
  if (found !== undefined && CONTAINERS.has(found.mime) && claim !== null && mayContain(found.mime, claim))
    return claim
  if (found !== undefined) return found.mime
  if (claim !== null && claim !== 'application/octet-stream' && !supportedMimeTypes.has(claim)) return claim
  return isText(head) ? 'text/plain' : 'application/octet-stream'
}

/** The first bytes of a file, as many as `mimetypeOf` needs. */
export async function headOf(path: string): Promise<Uint8Array> {
  const handle = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

function mayContain(container: string, claim: string): boolean {
  if (container === 'application/xml') return /[/+]xml$/.test(claim)
  return claim.startsWith('application/') && !/^application\/(?:octet-stream|pdf|x-msdownload)$/.test(claim)
}

function isText(head: Uint8Array): boolean {
  if (head.includes(0)) return false
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true })
    return true
  } catch {
    return false
  }
}
