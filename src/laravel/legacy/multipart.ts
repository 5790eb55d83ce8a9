import { randomUUID } from 'node:crypto'

export interface FilePart {
  name: string
  filename: string
  mimetype: string
  bytes: Uint8Array
}

/** Types are what strangers say. */
const MIMETYPE = /^[\w.+-]+\/[\w.+-]+(?:; *[\w.+-]+=[\w.+-]+)*$/

/**
 * A form as multipart/form-data (RFC 7578), whole. FormData would turn each line break of a text into CRLF, as browsers do with
 * what was typed (https://html.spec.whatwg.org, "multipart form data").
 */
export function multipart(
  fields: Record<string, string>,
  file: FilePart | null,
): { contentType: string; body: Buffer } {
  const boundary = `----${randomUUID()}`
  const parts = Object.entries(fields).map(([name, value]) =>
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`),
  )
  if (file !== null) {
    const type = MIMETYPE.test(file.mimetype) ? file.mimetype : 'application/octet-stream'
    const about = `form-data; name="${file.name}"; filename="${escaped(file.filename)}"`
    const head = `--${boundary}\r\nContent-Disposition: ${about}\r\nContent-Type: ${type}\r\n\r\n`
    parts.push(Buffer.from(head), Buffer.from(file.bytes), Buffer.from('\r\n'))
  }
  parts.push(Buffer.from(`--${boundary}--\r\n`))
  return { contentType: `multipart/form-data; boundary=${boundary}`, body: Buffer.concat(parts) }
}

const escaped = (name: string) => name.replace(/["\r\n]/g, end => encodeURIComponent(end))
