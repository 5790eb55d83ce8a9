import { randomInt } from 'node:crypto'
import {
  Curve,
  DEFAULT_CONNECTION_CONFIG,
  generateSignalPubKey,
  proto,
  type SignalRepositoryWithLIDStore,
  unpadRandomMax16,
  writeRandomPadMax16,
} from '@whiskeysockets/baileys'
import { encoded, type Payload } from '../protocol/payload.ts'
import { generateSigningKeyPair, type SigningKeyPair } from '../protocol/signing-keys.ts'
import type { Ciphertext } from './enc-nodes.ts'
import type { KeyBundle } from './key-bundle.ts'
import { MemoryKeys } from './memory-keys.ts'
import { silentLogger } from './silent-logger.ts'

/** A phone's end of the Signal protocol, real ratchets and all; peers are addressed by LID device jid. */
export class SignalEndpoint {
  readonly identity: SigningKeyPair = generateSigningKeyPair()
  readonly registrationId = randomInt(1, 16_380)
  readonly #preKey = Curve.generateKeyPair()
  readonly #signature = this.identity.sign(generateSignalPubKey(this.#preKey.public))
  readonly #keys = new MemoryKeys()
  #repository: SignalRepositoryWithLIDStore | undefined
  #work: Promise<unknown> = Promise.resolve()
  #lastPreKey = 0

  /** The bundle others open sessions with; the one-time key is left out, as the protocol allows. */
  bundle(): KeyBundle {
    return {
      registrationId: this.registrationId,
      identity: this.identity.public,
      signedPreKey: { id: 1, public: this.#preKey.public, signature: this.#signature },
    }
  }

  /** A bundle with a fresh one-time key, for retry receipts. */
  freshBundle(): KeyBundle {
    const id = ++this.#lastPreKey
    const pair = Curve.generateKeyPair()
    this.#keys.set({ 'pre-key': { [String(id)]: pair } })
    return { ...this.bundle(), preKey: { id, public: pair.public } }
  }

  /** Encrypts for one device; `bundle` is asked only when there is no session yet. */
  encrypt(jid: string, payload: Payload, bundle: () => KeyBundle): Promise<Ciphertext> {
    return this.#inOrder(async repository => {
      if (!(await repository.validateSession(jid)).exists) await openSession(repository, jid, bundle())
      return repository.encryptMessage({ jid, data: padded(payload) })
    })
  }

  /** The same in a session of its own, as after a bundle was fetched by force; the old session stays for what comes on it. */
  encryptInNewSession(jid: string, payload: Payload, bundle: KeyBundle): Promise<Ciphertext> {
    return this.#inOrder(async repository => {
      await openSession(repository, jid, bundle)
      return repository.encryptMessage({ jid, data: padded(payload) })
    })
  }

  /** Decrypts one `<enc>` of a device. Rejects when the ratchet says no. */
  decrypt(jid: string, enc: Ciphertext): Promise<proto.Message> {
    return this.#inOrder(repository => open(repository, jid, enc))
  }

  /** Drops the session with a device, as a reinstalled phone would have. */
  forget(jid: string): Promise<void> {
    return this.#inOrder(repository => repository.deleteSession([jid]))
  }

  /** Encrypts under the sender key of `me` (made on first use); `distribution` lets others decrypt this message and later ones. */
  encryptForGroup(
    group: string,
    me: string,
    payload: Payload,
  ): Promise<Ciphertext & { distribution: Uint8Array }> {
    return this.#inOrder(async repository => {
      const data = padded(payload)
      const sealed = await repository.encryptGroupMessage({ group, meId: me, data })
      const { ciphertext, senderKeyDistributionMessage: distribution } = sealed
      return { type: 'skmsg', ciphertext, distribution }
    })
  }

  /** The distribution of a sender key that was used before. */
  senderKeyFor(group: string, me: string): Promise<Uint8Array> {
    return this.#inOrder(repository => repository.getSenderKeyDistributionMessage({ group, meId: me }))
  }

  /** Decrypts the `<enc>` nodes of a device's group message in turn, and takes in the sender key when one is among them. */
  decryptFromGroup(group: string, jid: string, encs: readonly Ciphertext[]): Promise<proto.IMessage> {
    return this.#inOrder(async repository => {
      const whole: proto.IMessage = {}
      for (const enc of encs) {
        const message = await open(repository, jid, enc, group)
        const item = message.senderKeyDistributionMessage
        if (item) await repository.processSenderKeyDistributionMessage({ authorJid: jid, item })
        Object.assign(whole, message)
      }
      return whole
    })
  }

  /** Drops the sender key of `jid` in one group. */
  dropSenderKey(group: string, jid: string): Promise<void> {
    return this.#inOrder(async repository => this.#keys.drop(`${group}::${senderOf(repository, jid)}`))
  }

  /** Drops the sender keys of a device in all groups. */
  dropSenderKeys(jid: string): Promise<void> {
    return this.#inOrder(async repository => this.#keys.drop(`::${senderOf(repository, jid)}`))
  }

  close(): void {
    this.#repository?.close?.()
  }

  #inOrder<T>(work: (repository: SignalRepositoryWithLIDStore) => Promise<T>): Promise<T> {
    this.#repository ??= this.#makeRepository()
    const repository = this.#repository
    const next = this.#work.then(() => work(repository))
    this.#work = next.catch(() => {})
    return next
  }

  #makeRepository(): SignalRepositoryWithLIDStore {
    const creds = {
      signedIdentityKey: this.identity,
      registrationId: this.registrationId,
      signedPreKey: { keyPair: this.#preKey, keyId: 1, signature: this.#signature },
    }
    return DEFAULT_CONNECTION_CONFIG.makeSignalRepository(
      { creds, keys: this.#keys },
      silentLogger,
      async () => [],
    )
  }
}

async function open(
  repository: SignalRepositoryWithLIDStore,
  jid: string,
  { type, ciphertext }: Ciphertext,
  group?: string,
): Promise<proto.Message> {
  if (type === 'skmsg' && !group) throw new Error('a group ciphertext outside a group')
  const plain =
    type === 'skmsg'
      ? await repository.decryptGroupMessage({ group: group!, authorJid: jid, msg: ciphertext })
      : await repository.decryptMessage({ jid, type, ciphertext })
  return proto.Message.decode(unpadRandomMax16(plain))
}

const padded = (payload: Payload) => writeRandomPadMax16(encoded(payload))

/** The end of a sender key's name in the store, after the group and `::`. */
const senderOf = (repository: SignalRepositoryWithLIDStore, jid: string) =>
  repository.jidToSignalProtocolAddress(jid).replace('.', '::')

async function openSession(
  repository: SignalRepositoryWithLIDStore,
  jid: string,
  bundle: KeyBundle,
): Promise<void> {
  const { identity, registrationId, signedPreKey, preKey } = bundle
  await repository.injectE2ESession({
    jid,
    session: {
      registrationId,
      identityKey: generateSignalPubKey(identity),
      signedPreKey: {
        keyId: signedPreKey.id,
        publicKey: generateSignalPubKey(signedPreKey.public),
        signature: signedPreKey.signature,
      },
      ...(preKey && { preKey: { keyId: preKey.id, publicKey: generateSignalPubKey(preKey.public) } }),
    },
  })
}
