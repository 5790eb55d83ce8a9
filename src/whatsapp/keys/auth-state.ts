import type {
  AuthenticationCreds,
  SignalDataSet,
  SignalDataTypeMap,
  SignalKeyStore,
} from '@whiskeysockets/baileys'
import { GatewayError } from '../../base/errors.ts'
import type { Person } from '../../messages/person.ts'
import type { InboxRow, InboxWrite, KeyWrite, KnownRow } from '../../ports/key-store.ts'
import type { Store } from '../../ports/store.ts'
import { credsJson, credsWrite, isPaired } from './creds.ts'
import type { KeyCache } from './key-cache.ts'
import { decodeKey, encodeKey } from './key-codec.ts'

/** Baileys hands on what it does not know. */
type SaltedCreds = AuthenticationCreds & { nctSalt?: Buffer }

/** What a Signal transaction can write: keys, and under the pseudo type `inbox` what was decrypted with them. */
export type KeySet = SignalDataSet & { inbox?: Record<string, InboxRow> }

type LidMapping = Record<string, string | null>

/** What Baileys' `lid-mapping` keys say of people: `keep` gets it, and what to keep of them. */
interface PeopleInKeys {
  learnMapping(mapping: LidMapping, keep: (people: Person[], mapping: LidMapping) => void): Promise<void>
}

/** Who must know of writes. */
export interface WriteListeners {
  /** A write has begun: nothing may leave the socket before it is `durable`. */
  writing(durable: Promise<void>): void
  /** A write was refused: what is known here is ahead of the store for good; or a read had no answer: the socket must end. */
  failed(error: unknown): void
}

/**
 * The credentials and Signal keys of one socket on the store. Every write is one commit. What Baileys writes is read back at once,
 * and it goes on at once: what follows from a key leaves the socket when the key is durable. Changed credentials travel with the
 * next write, so keys and the counters over them cannot part.
 */
export class AuthState {
  readonly creds: AuthenticationCreds
  readonly keys: SignalKeyStore
  readonly #store: Store
  readonly #cache: KeyCache
  readonly #stream: { streamId: string; epoch: number }
  readonly #listeners: WriteListeners
  readonly #people: PeopleInKeys | undefined
  readonly #pendingWrites = new Set<Promise<void>>()
  /** What is not durable yet: the cache may forget, and the store is behind. */
  readonly #keysAhead = new Map<string, KeyWrite>()
  readonly #rowsAhead = new Map<string, InboxRow>()
  /** Of each read on its way, the names of the keys that were written since it began. */
  readonly #reads = new Set<Set<string>>()
  #generation: number
  #savedJson: string
  #dirty = false
  #scheduledFlush: NodeJS.Immediate | undefined
  #closed = false

  /** `generation` is that of the newest stored credentials, -1 if there are none. People are stored with the keys that tell of them. */
  constructor(
    store: Store,
    cache: KeyCache,
    stream: { streamId: string; epoch: number },
    stored: { creds: AuthenticationCreds; generation: number },
    listeners: WriteListeners,
    people?: PeopleInKeys,
  ) {
    this.#store = store
    this.#cache = cache
    this.#stream = { streamId: stream.streamId, epoch: stream.epoch }
    this.creds = stored.creds
    this.#generation = stored.generation
    this.#savedJson = stored.generation < 0 ? '' : credsJson(stored.creds)
    this.#listeners = listeners
    this.#people = people
    this.keys = {
      get: (type, ids) => this.#get(type, ids),
      set: (data: KeySet) => this.#set(data),
    }
  }

  /** What was decrypted from a ciphertext with this hash, durable or about to be; `messages`: dedupe keys that its message may have. */
  async inboxRow(hash: string, messages?: string[]): Promise<KnownRow | null> {
    const ahead = this.#rowsAhead.get(hash)
    return ahead ? { ...ahead, done: false } : this.storedRow(hash, messages)
  }

  /** The same, as far as it is durable. */
  storedRow(hash: string, messages: string[] = []): Promise<KnownRow | null> {
    return this.#answered(this.#store.keys.inbox(this.#stream.streamId, hash, messages))
  }

  /** Another name of a user, as Baileys keeps it: the LID of a number and, under `LID_reverse`, the number; without servers. */
  async lidMapping(user: string): Promise<string | null> {
    const { [user]: name } = await this.#get('lid-mapping', [user])
    return typeof name === 'string' ? name : null
  }

  /** The salt for messages to people who never wrote; null where the phone gave none. It is a secret, kept with the credentials. */
  nctSalt(): Uint8Array | null {
    return (this.creds as SaltedCreds).nctSalt ?? null
  }

  keepNctSalt(salt: Uint8Array | null): void {
    const creds = this.creds as SaltedCreds
    if (salt === null) delete creds.nctSalt
    else creds.nctSalt = Buffer.from(salt)
    this.credsChanged()
  }

  /** What a contact gave this account, by LID. */
  async tcToken(lid: string): Promise<SignalDataTypeMap['tctoken'] | undefined> {
    return (await this.#get('tctoken', [lid]))[lid]
  }

  /** Baileys changed the credentials: they are saved with the next keys, or alone after this tick. Never before pairing. */
  credsChanged(): void {
    this.#dirty = true
    this.#scheduledFlush ??= setImmediate(() => {
      this.#scheduledFlush = undefined
      void this.flush().catch(() => {})
    })
  }

  /** Resolves once all that was handed over, and the credentials as they are, is durable; rejects if any of it is not. */
  async flush(): Promise<void> {
    if (this.#dirty && !this.#closed) void this.#commit([], []).catch(() => {})
    await Promise.all(this.#pendingWrites)
  }

  /** Marks inbox rows as done: these decrypted stanzas need no message any more. */
  async finishInbox(hashes: string[]): Promise<void> {
    if (hashes.length > 0)
      await this.#commit(
        [],
        hashes.map(done => ({ done })),
      )
  }

  /** Stores who is called how; who was handed over is known at once. */
  async learn(people: Person[]): Promise<void> {
    await this.#commit([], [], people)
  }

  /** Refuses further writes; resolves when those handed over before were answered. */
  async close(): Promise<void> {
    this.#closed = true
    clearImmediate(this.#scheduledFlush)
    await Promise.allSettled(this.#pendingWrites)
  }

  async #get<T extends keyof SignalDataTypeMap>(
    type: T,
    ids: string[],
  ): Promise<Record<string, SignalDataTypeMap[T]>> {
    const found: Record<string, SignalDataTypeMap[T]> = {}
    const missing: string[] = []
    for (const id of ids) {
      const known = this.#inMemory(type, id)
      if (known === undefined) missing.push(id)
      else if (known) found[id] = decodeKey(type, known) as SignalDataTypeMap[T]
    }
    return missing.length === 0 ? found : { ...found, ...(await this.#read(type, missing)) }
  }

  async #read<T extends keyof SignalDataTypeMap>(
    type: T,
    ids: string[],
  ): Promise<Record<string, SignalDataTypeMap[T]>> {
    const written = new Set<string>()
    this.#reads.add(written)
    const asked = this.#store.keys.get(this.#stream.streamId, type, ids)
    const rows = await this.#answered(asked).finally(() => this.#reads.delete(written))
    const found: Record<string, SignalDataTypeMap[T]> = {}
    for (const id of ids) {
      if (written.has(nameOf(type, id))) continue
      const stored = rows[id] ?? null
      this.#cache.set(type, id, stored)
      if (stored) found[id] = decodeKey(type, stored) as SignalDataTypeMap[T]
    }
    return written.size === 0
      ? found
      : {
          ...found,
          ...(await this.#get(
            type,
            ids.filter(id => written.has(nameOf(type, id))),
          )),
        }
  }

  /** Without an answer the socket must end: Baileys would take a key that nobody could read for one that is not there. */
  async #answered<T>(asked: Promise<T>): Promise<T> {
    try {
      return await asked
    } catch (error) {
      this.#fail(error)
      throw error
    }
  }

  /** From this moment on nothing is written: a later message would be stored before one that is to come again. */
  #fail(error: unknown): void {
    this.#closed = true
    clearImmediate(this.#scheduledFlush)
    this.#listeners.failed(error)
  }

  /** Undefined: only the store knows. */
  #inMemory(type: string, id: string): Uint8Array | null | undefined {
    const ahead = this.#keysAhead.get(nameOf(type, id))
    return ahead ? ahead.value : this.#cache.get(type, id)
  }

  async #set({ 'lid-mapping': mapping, ...rest }: KeySet): Promise<void> {
    if (!mapping || !this.#people) return this.#write(mapping ? { ...rest, 'lid-mapping': mapping } : rest)
    // What it pairs is known a moment later: a commit of its own, so that nothing overtakes the keys beside it.
    if (Object.keys(rest).length > 0) this.#write(rest)
    await this.#people.learnMapping(mapping, (people, kept) =>
      this.#write({ 'lid-mapping': kept as Record<string, string> }, people),
    )
  }

  #write({ inbox, ...types }: KeySet, people?: Person[]): void {
    const keys: KeyWrite[] = []
    for (const [type, values] of Object.entries(types)) {
      for (const [id, value] of Object.entries(values ?? {})) {
        keys.push({ type, id, value: value === null ? null : encodeKey(type, value) })
      }
    }
    const rows = Object.values(inbox ?? {})
    if (this.#closed) throw ended()
    for (const key of keys) {
      const name = nameOf(key.type, key.id)
      this.#keysAhead.set(name, key)
      for (const written of this.#reads) written.add(name)
    }
    for (const row of rows) this.#rowsAhead.set(row.hash, row)
    const puts = rows.map(put => ({ put }))
    this.#commit(keys, puts, people).then(
      () => {
        for (const key of keys) {
          const name = nameOf(key.type, key.id)
          // A newer one is on its way, or was told durable before this one.
          if (this.#keysAhead.get(name) !== key) continue
          this.#cache.set(key.type, key.id, key.value)
          this.#keysAhead.delete(name)
        }
        for (const { hash } of rows) this.#rowsAhead.delete(hash)
      },
      () => {},
    )
  }

  async #commit(keys: KeyWrite[], inbox: InboxWrite[], people: Person[] = []): Promise<void> {
    if (this.#closed) throw ended()
    const wasDirty = this.#dirty
    const creds = this.#takeCreds()
    if (keys.length === 0 && inbox.length === 0 && people.length === 0 && !creds) return
    const { streamId, epoch } = this.#stream
    const write = this.#store.commit({
      streamId,
      epoch,
      ...((keys.length > 0 || creds) && { keys: creds ? [...keys, creds] : keys }),
      ...(inbox.length > 0 && { inbox }),
      ...(people.length > 0 && { people }),
    })
    this.#pendingWrites.add(write)
    this.#listeners.writing(write)
    try {
      await write
    } catch (error) {
      if (creds) {
        this.#dirty = wasDirty
        this.#savedJson = ''
      }
      this.#fail(error)
      throw error
    } finally {
      this.#pendingWrites.delete(write)
    }
  }

  #takeCreds(): KeyWrite | null {
    if (!this.#dirty || !isPaired(this.creds)) return null
    this.#dirty = false
    const json = credsJson(this.creds)
    if (json === this.#savedJson) return null
    this.#savedJson = json
    return credsWrite(json, ++this.#generation)
  }
}

const nameOf = (type: string, id: string) => `${type}/${id}`
const ended = () => new GatewayError('SHUTTING_DOWN', 'This socket has ended')
