const MAX_BYTES = 200

/** Directions of writing that make `exe.gpj` read `jpg.exe`, and characters that nobody sees. */
const INVISIBLE = /[\p{Cc}\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu

/** The last part of a path as a name for any file system, of at most 200 bytes with its extension; null if nothing is left. */
export function cleanFilename(text: string): string | null {
  const last = text.toWellFormed().split(/[/\\]/).at(-1)!
  const name = last
    .normalize('NFC')
    .replace(INVISIBLE, '')
    .replace(/[<>:"|?*]/g, '_')
    .replace(/^[\s.]+|[\s.]+$/g, '')
  if (name === '') return null
  const [, stem, extension] = /^(.*?)(\.[^.]{1,16})?$/su.exec(name)!
  const room = MAX_BYTES - Buffer.byteLength(extension ?? '')
  return `${cut(stem!, room)}${extension ?? ''}`
}

/** The file name that a `Content-Disposition` header gives (RFC 6266), cleaned; null if it gives none. */
export function filenameOf(disposition: string): string | null {
  const extended = /(?:^|;)\s*filename\*\s*=\s*(utf-8|iso-8859-1)'[^';]*'([^;\s]+)/i.exec(disposition)
  const decoded = extended === null ? null : percentDecoded(extended[2]!, extended[1]!)
  if (decoded !== null) return cleanFilename(decoded)
  const plain = /(?:^|;)\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s"]+))/i.exec(disposition)
  if (plain === null) return null
  return cleanFilename(asUtf8(plain[1]?.replace(/\\(.)/g, '$1') ?? plain[2]!))
}

/** The file name at the end of a URL's path; null if there is none. */
export function filenameInPath(url: URL): string | null {
  const last = url.pathname.split('/').at(-1)!
  return cleanFilename(percentDecoded(last, 'utf-8') ?? last)
}

/** `Content-Disposition` for a download under this name, which may be anything (RFC 6266, RFC 8187). */
export function attachment(filename: string | null): string {
  const name = filename === null ? null : cleanFilename(filename)
  if (name === null) return 'attachment'
  const ascii = name.replace(/[^\w.\- ]/g, '_')
  const encoded = encodeURIComponent(name).replace(/['()*]/g, char => `%${char.charCodeAt(0).toString(16)}`)
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`
}

function percentDecoded(text: string, charset: string): string | null {
  const bytes = Buffer.from(
    text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
  if (charset.toLowerCase() !== 'utf-8') return bytes.toString('latin1')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

/** Many servers send plain UTF-8, of which an HTTP parser makes one character per byte. */
function asUtf8(text: string): string {
  return /^[\0-\xff]*$/.test(text) ? (percentDecoded(text.replaceAll('%', '%25'), 'utf-8') ?? text) : text
}

/** Its first `bytes` bytes in UTF-8, no character halved. */
function cut(text: string, bytes: number): string {
  let size = 0
  let end = 0
  for (const char of text) {
    size += Buffer.byteLength(char)
    if (size > bytes) break
    end += char.length
  }
  return text.slice(0, end)
}
