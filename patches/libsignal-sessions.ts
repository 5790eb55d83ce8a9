/**
 * Library: libsignal 6.0.0. Upstream issue: none known for the cause; https://github.com/WhiskeySockets/Baileys/issues/2079 is
 * what it looks like.
 * What goes wrong: it steps the ratchet before it checks the MAC and then stores the record. While a fresh session waits for its
 * first answer, each message that comes on the old one breaks the fresh one, and what is sent on it is "Bad MAC" to the other
 * side for ever.
 * Can be dropped when a failed decryption leaves the session as it was: test/patches/libsignal-sessions.test.ts fails then.
 */

import { createRequire } from 'node:module'
import { libsignal } from './libsignal-queue.ts'

interface Session {
  constructor: { deserialize(data: unknown): Session }
  serialize(): unknown
  getChain(ephemeralKey: Uint8Array): unknown
}
interface Protobufs {
  WhisperMessage: { decode(bytes: Uint8Array): { ephemeralKey: Uint8Array } }
}
interface Cipher {
  decryptWithSessions(data: Uint8Array, sessions: Session[]): Promise<unknown>
  doDecryptWhisperMessage(data: Uint8Array, session: Session | undefined): Promise<unknown>
}

const MENDED = Symbol.for('whatsapp-manager.signal-sessions')

/**
 * Makes libsignal leave a session as it was when it cannot decrypt a message, once per process, and try those sessions first that
 * know the message's chain.
 */
export function mendSignalSessions(): void {
  const cipher = libsignal().SessionCipher.prototype as unknown as Cipher & { [MENDED]?: true }
  if (cipher[MENDED]) return
  const requireFromBaileys = createRequire(import.meta.resolve('@whiskeysockets/baileys'))
  const { WhisperMessage } = requireFromBaileys('libsignal/src/protobufs.js') as Protobufs
  const { decryptWithSessions, doDecryptWhisperMessage } = cipher
  cipher.doDecryptWhisperMessage = async function (data, session) {
    const before = session?.serialize()
    try {
      return await doDecryptWhisperMessage.call(this, data, session)
    } catch (error) {
      if (session) Object.assign(session, session.constructor.deserialize(before))
      throw error
    }
  }
  cipher.decryptWithSessions = function (data, sessions) {
    if (sessions.length < 2) return decryptWithSessions.call(this, data, sessions)
    const ephemeralKey = Buffer.from(WhisperMessage.decode(data.subarray(1, -8)).ephemeralKey)
    const strange = (session: Session) => (session.getChain(ephemeralKey) === undefined ? 1 : 0)
    return decryptWithSessions.call(
      this,
      data,
      [...sessions].sort((a, b) => strange(a) - strange(b)),
    )
  }
  cipher[MENDED] = true
}
