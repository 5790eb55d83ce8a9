import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const CIPHER = 'aes-256-gcm'
const [IV, TAG] = [12, 16]
/** The longest id of a session: all tokens are of one length. */
const LONGEST = 64

export interface PageTokens {
  /** A new one: 123 characters of base64url, no two alike, which say nothing to anybody without the key. */
  make(sessionId: string): string
  /** The session that a token names, whoever made it; null: it was not made with this key. */
  sessionIn(token: string): string | null
}

/** Tokens for pages of a session, sealed with a key that all nodes share: each of them can tell of which session one is. */
export function createPageTokens(secret: Uint8Array): PageTokens {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'tokens of pages', 32))
  return {
    make(sessionId) {
      const iv = randomBytes(IV)
      const cipher = createCipheriv(CIPHER, key, iv)
      const sealed = Buffer.concat([cipher.update(sessionId.padEnd(LONGEST)), cipher.final()])
      return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')
    },
    sessionIn(token) {
      const bytes = Buffer.from(token, 'base64url')
      // More than one text decodes to the same bytes.
      if (bytes.length !== IV + TAG + LONGEST || bytes.toString('base64url') !== token) return null
      const opened = createDecipheriv(CIPHER, key, bytes.subarray(0, IV), { authTagLength: TAG })
      opened.setAuthTag(bytes.subarray(IV, IV + TAG))
      try {
        const text = Buffer.concat([opened.update(bytes.subarray(IV + TAG)), opened.final()])
        return text.toString().trimEnd()
      } catch {
        return null
      }
    },
  }
}
