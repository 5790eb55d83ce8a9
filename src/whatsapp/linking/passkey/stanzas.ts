import { type BinaryNode, getBinaryNodeChild, proto } from '@whiskeysockets/baileys'
import type { PasskeyAssertion, PasskeyOptions } from '../../../messages/passkey.ts'
import type { PhoneIdentity } from './prologue.ts'

/** The notifications and iqs of linking by passkey, as WhatsApp Web has them. */

const OPTIONS = 'passkey_request_options'
const MAX_OPTIONS_BYTES = 4096
const SERVER = '@s.whatsapp.net'

export const DEMAND = 'CB:notification,type:passkey_prologue_request'
export const CONTINUATION = 'CB:notification,type:crsc_continuation'

/** Only WhatsApp itself demands passkeys. */
export const isFromServer = ({ attrs }: BinaryNode): boolean => /^@?s\.whatsapp\.net$/.test(attrs.from ?? '')

/** An iq to WhatsApp about the device that is being linked. */
export const linkingIq = (type: 'get' | 'set', tag: string, content?: BinaryNode['content']): BinaryNode => ({
  tag: 'iq',
  attrs: { type, xmlns: 'md', to: SERVER },
  content: [node(tag, content)],
})

export const askForOptions = (): BinaryNode => linkingIq('get', OPTIONS)

/** The options in a notification or an answer; null if there are none that anybody could use. */
export function optionsIn(stanza: BinaryNode | undefined): PasskeyOptions | null {
  const bytes = bytesIn(stanza, OPTIONS)
  if (bytes === null || bytes.length > MAX_OPTIONS_BYTES) return null
  try {
    const said = JSON.parse(bytes.toString()) as { publicKey?: PasskeyOptions } & PasskeyOptions
    const options = said.publicKey ?? said
    return typeof options.challenge === 'string' && options.challenge !== '' ? options : null
  } catch {
    return null
  }
}

/** The reference that WhatsApp gives this ceremony. */
export const refIn = (answer: BinaryNode | undefined): string | null =>
  bytesIn(answer, 'ref')?.toString() || null

/** `proof` only while it is good. */
export function prologueIq(assertion: PasskeyAssertion, payload: Buffer, proof: Buffer | null): BinaryNode {
  return linkingIq('set', 'passkey_prologue', [
    node('credential_id', Buffer.from(assertion.rawId, 'base64url')),
    node('webauthn_assertion', Buffer.from(JSON.stringify(assertion))),
    node('prologue_payload', payload),
    ...(proof === null ? [] : [node('pairing_handoff_proof', proof)]),
  ])
}

/** The phone's keys; null if they are not there or not what they must be. */
export function phoneIdentityIn(notification: BinaryNode): PhoneIdentity | null {
  const bytes = bytesIn(notification, 'primary_ephemeral_identity')
  if (bytes === null) return null
  try {
    const { publicKey, nonce } = proto.PrimaryEphemeralIdentity.decode(bytes)
    return publicKey?.length === 32 && nonce?.length === 32 ? { publicKey, nonce } : null
  } catch {
    return null
  }
}

const node = (tag: string, content?: BinaryNode['content']): BinaryNode =>
  content === undefined ? { tag, attrs: {} } : { tag, attrs: {}, content }

function bytesIn(stanza: BinaryNode | undefined, tag: string): Buffer | null {
  const content = getBinaryNodeChild(stanza, tag)?.content
  return typeof content === 'string' || content instanceof Uint8Array ? Buffer.from(content as string) : null
}
