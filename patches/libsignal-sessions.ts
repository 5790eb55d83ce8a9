/**
 * libsignal 6.0.0. Upstream: none known for the cause; https://github.com/WhiskeySockets/Baileys/issues/2079 is how it shows, open.
 *
 * It steps the ratchet before it checks the MAC and then stores the record. While a fresh session waits for its first answer, each
 * message that comes on the old one breaks the fresh one, and what is sent on it is "Bad MAC" to the other side for ever. A session
 * stays as it was when it cannot decrypt a message instead, and sessions that know the message's chain are tried first.
 *
 * It can go when a failed decryption changes nothing: test/patches/libsignal-sessions.test.ts then fails.
 * Applied in src/whatsapp/whatsapp.ts.
 */

import { loadLibsignal } from './load-libsignal.ts'

interface Chain {
  chainKey: object
  messageKeys: object
}
interface Session {
  currentRatchet: { ephemeralKeyPair: object }
  indexInfo: object
  pendingPreKey?: object
  _chains: Record<string, Chain>
  getChain(ephemeralKey: Uint8Array): unknown
}
interface Protobufs {
  WhisperMessage: { decode(bytes: Uint8Array): { ephemeralKey: Uint8Array } }
}
interface Cipher {
  decryptWithSessions(data: Uint8Array, sessions: Session[]): Promise<unknown>
  doDecryptWhisperMessage(data: Uint8Array, session: Session | undefined): Promise<unknown>
}
interface Libsignal {
  SessionCipher: { prototype: Cipher & { [MENDED]?: true } }
}

const MENDED = Symbol.for('whatsapp-manager.signal-sessions')

/** Makes libsignal leave a session as it was when it cannot decrypt a message, once per process. */
export function mendSignalSessions(): void {
  const { prototype: cipher } = loadLibsignal<Libsignal>().SessionCipher
  if (cipher[MENDED]) return
  const { WhisperMessage } = loadLibsignal<Protobufs>('src/protobufs.js')
  const { decryptWithSessions, doDecryptWhisperMessage } = cipher
  cipher.doDecryptWhisperMessage = async function (data, session) {
    const before = session && copyOf(session)
    try {
      return await doDecryptWhisperMessage.call(this, data, session)
    } catch (error) {
      if (session) Object.assign(session, before)
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

/** What libsignal changes of a session; keys themselves are replaced and never changed. */
function copyOf({ currentRatchet, indexInfo, pendingPreKey, _chains }: Session) {
  const chains = Object.entries(_chains).map(([name, { chainKey, messageKeys, ...rest }]) => [
    name,
    { ...rest, chainKey: { ...chainKey }, messageKeys: { ...messageKeys } },
  ])
  return {
    currentRatchet: { ...currentRatchet, ephemeralKeyPair: { ...currentRatchet.ephemeralKeyPair } },
    indexInfo: { ...indexInfo },
    ...(pendingPreKey && { pendingPreKey: { ...pendingPreKey } }),
    _chains: Object.fromEntries(chains),
  }
}
