import { createHash, createVerify, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** What a page gets from `navigator.credentials.get`, as JSON: bytes in unpadded base64url. */
export type Assertion = {
  id: string
  rawId: string
  type: 'public-key'
  response: {
    clientDataJSON: string
    authenticatorData: string
    signature: string
    userHandle: string | null
  }
}

/** What an assertion is asked for with. */
export type RequestOptions = { challenge: string; rpId?: string | undefined }

const USER_PRESENT_AND_VERIFIED = 0x05
const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest()
const bytes = (text: string) => Buffer.from(text, 'base64url')

/** The passkey of an account's owner, and the browser that asks for it. */
export class Authenticator {
  readonly credentialId = randomBytes(20)
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  readonly #userHandle = randomBytes(16)
  #uses = 0

  /** What a page of that origin gets for these options. */
  assert({ challenge, rpId = 'whatsapp.com' }: RequestOptions, origin: string): Assertion {
    const clientData = Buffer.from(
      JSON.stringify({ type: 'webauthn.get', challenge, origin, crossOrigin: false }),
    )
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(++this.#uses)
    const data = Buffer.concat([sha256(rpId), Buffer.from([USER_PRESENT_AND_VERIFIED]), counter])
    const signature = sign('sha256', Buffer.concat([data, sha256(clientData)]), this.#keys.privateKey)
    const id = this.credentialId.toString('base64url')
    return {
      id,
      rawId: id,
      type: 'public-key',
      response: {
        clientDataJSON: clientData.toString('base64url'),
        authenticatorData: data.toString('base64url'),
        signature: signature.toString('base64url'),
        userHandle: this.#userHandle.toString('base64url'),
      },
    }
  }

  /** Why WhatsApp does not take an assertion for this challenge; undefined if it does. */
  problemOf(credentialId: Buffer, json: string, challenge: string): string | undefined {
    const { rawId, type, response } = JSON.parse(json) as Assertion
    if (
      type !== 'public-key' ||
      !credentialId.equals(this.credentialId) ||
      !bytes(rawId).equals(credentialId)
    )
      return 'it is of another credential'
    if (/[+/=]/.test(Object.values(response).join(''))) return 'its bytes are not in unpadded base64url'
    const clientData = bytes(response.clientDataJSON)
    const said = JSON.parse(clientData.toString()) as { type: string; challenge: string; origin: string }
    if (said.type !== 'webauthn.get' || said.challenge !== challenge) return 'it answers another challenge'
    if (!/^https:\/\/(?:[a-z]+\.)?whatsapp\.com$/.test(said.origin)) return 'it was made at another origin'
    const data = bytes(response.authenticatorData)
    if (!data.subarray(0, 32).equals(sha256('whatsapp.com')) || (data[32]! & 4) === 0)
      return 'it is of another site, or nobody was verified'
    const signed = createVerify('sha256').update(Buffer.concat([data, sha256(clientData)]))
    return signed.verify(this.#keys.publicKey, bytes(response.signature))
      ? undefined
      : 'its signature is wrong'
  }
}
