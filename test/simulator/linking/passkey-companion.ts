import { createCipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import {
  type BinaryNode,
  bytesToCrockford,
  Curve,
  getBinaryNodeChild,
  getBinaryNodeChildBuffer,
  proto,
} from '@whiskeysockets/baileys'
import type { Assertion } from '../../../simulator/linking/passkey/authenticator.ts'
import type { Client } from '../baileys-client.ts'

const SERVER = '@s.whatsapp.net'
const DEMAND = 'CB:notification,type:passkey_prologue_request'
const CONTINUATION = 'CB:notification,type:crsc_continuation'
const CHROME = 1

/** What a companion may get wrong. */
export type Mistakes = {
  nonce?: Buffer
  proofOf?: Buffer
  secret?: Buffer
  acks?: boolean
  platform?: number
}

/** The device's half of a passkey ceremony over a plain Baileys client, as the published clients do it. */
export class Companion {
  readonly #one: Client
  readonly #mistakes: Mistakes
  readonly #nonce = randomBytes(32)
  readonly #keys = Curve.generateKeyPair()
  readonly #demands: BinaryNode[] = []
  readonly #continuations: BinaryNode[] = []
  /** The secret of the QR that was scanned. */
  readonly #shown: Buffer
  #ref = ''

  constructor(one: Client, mistakes: Mistakes = {}) {
    this.#one = one
    this.#mistakes = mistakes
    this.#shown = Buffer.from(one.auth.creds.advSecretKey, 'base64')
    const { ws } = one.socket!
    for (const [event, kept] of [
      [DEMAND, this.#demands],
      [CONTINUATION, this.#continuations],
    ] as const)
      ws.on(event, (node: BinaryNode) => {
        kept.push(node)
        const { id, type } = node.attrs
        if (mistakes.acks !== false)
          void one.socket!.sendNode({
            tag: 'ack',
            attrs: { class: 'notification', id: id!, type: type!, to: SERVER },
          })
      })
  }

  /** The request options that came with the newest demand, or are asked for. */
  async options(count = 1): Promise<{ challenge: string }> {
    await this.#there(this.#demands, count)
    const from = getBinaryNodeChild(this.#demands.at(-1), 'passkey_request_options')
      ? this.#demands.at(-1)
      : await this.#ask('get', 'passkey_request_options')
    return JSON.parse(getBinaryNodeChildBuffer(from, 'passkey_request_options')!.toString())
  }

  async prologue(assertion: Assertion, { proof }: { proof: boolean }): Promise<void> {
    this.#ref = getBinaryNodeChildBuffer(await this.#ask('get', 'ref'), 'ref')!.toString()
    const identity = proto.CompanionEphemeralIdentity.encode({
      publicKey: this.#keys.public,
      deviceType: this.#mistakes.platform ?? CHROME,
      ref: this.#ref,
    }).finish()
    const payload = proto.ProloguePayload.encode({
      companionEphemeralIdentity: identity,
      commitment: { hash: createHash('sha256').update(identity).update(this.#nonce).digest() },
    }).finish()
    const secret = this.#mistakes.proofOf ?? this.#shown
    const key = Buffer.from(hkdfSync('sha256', secret, '', 'shortcake-passkey-handoff-v1', 32))
    await this.#ask('set', 'passkey_prologue', [
      { tag: 'credential_id', attrs: {}, content: Buffer.from(assertion.rawId, 'base64url') },
      { tag: 'webauthn_assertion', attrs: {}, content: Buffer.from(JSON.stringify(assertion)) },
      { tag: 'prologue_payload', attrs: {}, content: payload },
      ...(proof
        ? [
            {
              tag: 'pairing_handoff_proof',
              attrs: {},
              content: createHmac('sha256', key).update(payload).digest(),
            },
          ]
        : []),
    ])
  }

  /** Reveals the nonce; resolves with the code that the device shows. */
  async reveal(): Promise<string> {
    const { phone } = await this.#phone()
    await this.#ask('set', 'companion_nonce', this.#mistakes.nonce ?? this.#nonce)
    const digest = createHash('sha256').update(this.#nonce).update(phone.publicKey!).digest()
    const code = bytesToCrockford(
      Buffer.from(phone.nonce!.subarray(0, 5).map((byte, i) => byte ^ digest[i]!)),
    )
    return `${code.slice(0, 4)}-${code.slice(4)}`
  }

  /** Hands over the keys and a new secret, under which the phone answers. */
  async request(): Promise<void> {
    const { phone } = await this.#phone()
    const { creds } = this.#one.auth
    const secret = this.#mistakes.secret ?? randomBytes(32)
    const shared = Curve.sharedKey(this.#keys.private, phone.publicKey!)
    const salt = `Companion Pairing ${CHROME} with ref ${this.#ref}`
    const key = hkdfSync('sha256', shared, salt, 'Pairing Information Encryption Key', 32)
    const iv = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', Buffer.from(key), iv)
    const plain = proto.PairingRequest.encode({
      companionPublicKey: creds.noiseKey.public,
      companionIdentityKey: creds.signedIdentityKey.public,
      advSecret: secret,
    }).finish()
    const encryptedPayload = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
    this.#one.socket!.authState.creds.advSecretKey = secret.toString('base64')
    const content = proto.EncryptedPairingRequest.encode({ encryptedPayload, iv }).finish()
    await this.#ask('set', 'encrypted_pairing_request', content)
  }

  async #phone() {
    await this.#there(this.#continuations, 1)
    const bytes = getBinaryNodeChildBuffer(this.#continuations.at(-1), 'primary_ephemeral_identity')!
    return { phone: proto.PrimaryEphemeralIdentity.decode(bytes) }
  }

  async #there(nodes: BinaryNode[], count: number): Promise<void> {
    const { vi } = await import('vitest')
    await vi.waitFor(
      () => {
        if (nodes.length < count) throw new Error(`${nodes.length} of ${count} notifications`)
      },
      { timeout: 5_000, interval: 5 },
    )
  }

  #ask(type: 'get' | 'set', tag: string, content?: BinaryNode['content']): Promise<BinaryNode> {
    const node = { tag, attrs: {}, ...(content !== undefined && { content }) }
    return this.#one.socket!.query({ tag: 'iq', attrs: { type, xmlns: 'md', to: SERVER }, content: [node] })
  }
}
