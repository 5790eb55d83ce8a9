import { createRequire } from 'node:module'

interface Session {
  constructor: { deserialize(data: unknown): Session }
  serialize(): unknown
}
interface Cipher {
  doDecryptWhisperMessage(data: Uint8Array, session: Session | undefined): Promise<unknown>
}

const MENDED = Symbol.for('whatsapp-manager.simulator.libsignal')

/**
 * Lets libsignal leave a session as it was when it cannot decrypt a message, as the library in real phones does; 6.0.0 steps the
 * ratchet before it checks the MAC. Once per process.
 */
export function mendLibsignal(): void {
  const require = createRequire(import.meta.resolve('@whiskeysockets/baileys'))
  const cipher = require('libsignal').SessionCipher.prototype as Cipher & { [MENDED]?: true }
  if (cipher[MENDED]) return
  const { doDecryptWhisperMessage } = cipher
  cipher.doDecryptWhisperMessage = async function (data, session) {
    const before = session?.serialize()
    try {
      return await doDecryptWhisperMessage.call(this, data, session)
    } catch (error) {
      if (session) Object.assign(session, session.constructor.deserialize(before))
      throw error
    }
  }
  cipher[MENDED] = true
}
