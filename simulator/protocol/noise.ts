import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto'
import { Curve, proto } from '@whiskeysockets/baileys'
import type { ServerIdentity } from './certificates.ts'

const PROTOCOL = Buffer.from('Noise_XX_25519_AESGCM_SHA256\0\0\0\0')
const WA_HEADER = Buffer.from([0x57, 0x41, 6, 3])
const NOTHING = Buffer.alloc(0)

/** What the client proved and said in the handshake. */
export type ClientFinish = { noiseKey: Buffer; payload: proto.ClientPayload }

/** The responder's side of Noise_XX_25519_AESGCM_SHA256 as WhatsApp uses it (32-byte name, header mixed in first). */
export class NoiseHandshake {
  readonly #identity: ServerIdentity
  readonly #ephemeral = Curve.generateKeyPair()
  #hash: Buffer = PROTOCOL
  #salt: Buffer = PROTOCOL
  #key: Buffer = PROTOCOL
  #counter = 0

  constructor(identity: ServerIdentity) {
    this.#identity = identity
    this.#mixHash(WA_HEADER)
  }

  /** Takes the encoded ClientHello, returns the encoded ServerHello. Throws on a malformed hello. */
  hello(bytes: Uint8Array): Uint8Array {
    const client = proto.HandshakeMessage.decode(bytes).clientHello?.ephemeral
    if (client?.length !== 32) throw new Error('client hello without an ephemeral key')
    this.#mixHash(client)
    this.#mixHash(this.#ephemeral.public)
    this.#mixKey(Curve.sharedKey(this.#ephemeral.private, client))
    const encryptedStatic = this.#encrypt(this.#identity.static.public)
    this.#mixKey(Curve.sharedKey(this.#identity.static.private, client))
    const payload = this.#encrypt(this.#identity.chain)
    return proto.HandshakeMessage.encode({
      serverHello: { ephemeral: this.#ephemeral.public, static: encryptedStatic, payload },
    }).finish()
  }

  /** Takes the encoded ClientFinish. Throws when it does not decrypt. */
  finish(bytes: Uint8Array): ClientFinish {
    const finish = proto.HandshakeMessage.decode(bytes).clientFinish
    if (!finish?.static || !finish.payload) throw new Error('client finish incomplete')
    const noiseKey = this.#decrypt(finish.static)
    this.#mixKey(Curve.sharedKey(this.#ephemeral.private, noiseKey))
    return { noiseKey, payload: proto.ClientPayload.decode(this.#decrypt(finish.payload)) }
  }

  /** The transport keys after the handshake: the first half of the split reads from the client. */
  transport(): NoiseTransport {
    const [fromClient, toClient] = this.#split(NOTHING)
    return new NoiseTransport(fromClient, toClient)
  }

  #mixHash(data: Uint8Array) {
    this.#hash = createHash('sha256').update(this.#hash).update(data).digest()
  }

  #mixKey(secret: Uint8Array) {
    ;[this.#salt, this.#key] = this.#split(secret)
    this.#counter = 0
  }

  #split(secret: Uint8Array): [Buffer, Buffer] {
    const derived = Buffer.from(hkdfSync('sha256', secret, this.#salt, NOTHING, 64))
    return [derived.subarray(0, 32), derived.subarray(32)]
  }

  #encrypt(plain: Uint8Array): Buffer {
    const sealed = seal(this.#key, this.#counter++, plain, this.#hash)
    this.#mixHash(sealed)
    return sealed
  }

  #decrypt(sealed: Uint8Array): Buffer {
    const plain = open(this.#key, this.#counter++, sealed, this.#hash)
    this.#mixHash(sealed)
    return plain
  }
}

/** AES-256-GCM with one key and counter per direction, no associated data. */
export class NoiseTransport {
  readonly #fromClient: Buffer
  readonly #toClient: Buffer
  #received = 0
  #sent = 0

  constructor(fromClient: Buffer, toClient: Buffer) {
    this.#fromClient = fromClient
    this.#toClient = toClient
  }

  /** Encrypts one frame body; calls must be in sending order. */
  encrypt(plain: Uint8Array): Buffer {
    return seal(this.#toClient, this.#sent++, plain, NOTHING)
  }

  /** Decrypts one frame body; calls must be in receiving order. Throws on a forged or misordered frame. */
  decrypt(sealed: Uint8Array): Buffer {
    return open(this.#fromClient, this.#received++, sealed, NOTHING)
  }
}

function iv(counter: number): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt32BE(counter, 8)
  return bytes
}

function seal(key: Buffer, counter: number, plain: Uint8Array, aad: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, iv(counter))
  if (aad.length) cipher.setAAD(aad)
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

function open(key: Buffer, counter: number, sealed: Uint8Array, aad: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, iv(counter))
  if (aad.length) decipher.setAAD(aad)
  decipher.setAuthTag(sealed.subarray(-16))
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
}
