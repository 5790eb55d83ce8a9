/**
 * libsignal 6.0.0. Upstream: none known.
 *
 * Whoever keeps a session record gets it as an object of base64 texts and gives it back as one: four times for each text that is sent,
 * with a JSON of it in between. Here a record is bytes from the moment it is handed over: made and read in a third of the time, half
 * the size, and the same wherever it is kept, so that no two ever share something that changes. Objects as libsignal makes
 * them are still read.
 *
 * It can go when libsignal keeps its records as bytes: test/patches/libsignal-session-bytes.test.ts then fails.
 * Applied in src/whatsapp/whatsapp.ts, simulator/simulator.ts.
 */

import { loadLibsignal } from './load-libsignal.ts'

interface Chain {
  chainKey: { counter: number; key?: Buffer }
  chainType: number
  messageKeys: Record<string, Buffer>
}
interface Session {
  registrationId?: number
  currentRatchet: {
    ephemeralKeyPair: { pubKey: Buffer; privKey: Buffer }
    lastRemoteEphemeralKey: Buffer
    previousCounter: number
    rootKey: Buffer
  }
  indexInfo: {
    baseKey: Buffer
    baseKeyType: number
    closed: number
    used?: number
    created?: number
    remoteIdentityKey: Buffer
  }
  pendingPreKey?: { signedKeyId: number; baseKey: Buffer; preKeyId?: number }
  _chains: Record<string, Chain>
}
interface Sessions {
  sessions: Record<string, Session>
  haveOpenSession(): boolean
  serialize(): unknown
}
interface SessionRecord {
  new (): Sessions
  prototype: Sessions & { [MENDED]?: true }
  createEntry(): Session
  deserialize(data: unknown): Sessions
}

const MENDED = Symbol.for('whatsapp-manager.session-bytes')
/** The first byte of a record; JSON in UTF-8 never begins with it. */
export const SESSION_FORMAT = 3
/** Where the record says whether one of its sessions is open. */
const OPEN_AT = 1

/** Makes libsignal give and take session records as bytes, once per process. */
export function keepSessionsAsBytes(): void {
  const record = loadLibsignal<SessionRecord>('src/session_record.js')
  if (record.prototype[MENDED]) return
  const deserialize = record.deserialize.bind(record)
  record.prototype.serialize = function () {
    return encode(this)
  }
  record.deserialize = data => {
    if (!(data instanceof Uint8Array)) return deserialize(data)
    return Object.assign(new record(), { sessions: decode(data, () => record.createEntry()) })
  }
  record.prototype[MENDED] = true
}

/** Whether messages can be encrypted with a record as it is kept, as `haveOpenSession` of libsignal says. */
export const hasOpenSession = (record: Uint8Array): boolean => record[OPEN_AT] === 1

function encode(record: Sessions): Buffer {
  at = 0
  const entries = Object.entries(record.sessions)
  putByte(SESSION_FORMAT)
  putByte(record.haveOpenSession() ? 1 : 0)
  putNumber(entries.length)
  for (const [name, session] of entries) {
    putText(name)
    putSession(session)
  }
  return Buffer.from(room.subarray(0, at))
}

function putSession({ registrationId, currentRatchet, indexInfo, pendingPreKey, _chains }: Session): void {
  putNumber(registrationId)
  putBytes(currentRatchet.ephemeralKeyPair.pubKey)
  putBytes(currentRatchet.ephemeralKeyPair.privKey)
  putBytes(currentRatchet.lastRemoteEphemeralKey)
  putNumber(currentRatchet.previousCounter)
  putBytes(currentRatchet.rootKey)
  putBytes(indexInfo.baseKey)
  putNumber(indexInfo.baseKeyType)
  putNumber(indexInfo.closed)
  putNumber(indexInfo.used)
  putNumber(indexInfo.created)
  putBytes(indexInfo.remoteIdentityKey)
  putByte(pendingPreKey ? 1 : 0)
  if (pendingPreKey) {
    putNumber(pendingPreKey.signedKeyId)
    putBytes(pendingPreKey.baseKey)
    putNumber(pendingPreKey.preKeyId)
  }
  const chains = Object.entries(_chains)
  putNumber(chains.length)
  for (const [name, { chainKey, chainType, messageKeys }] of chains) {
    putText(name)
    putNumber(chainKey.counter)
    putBytes(chainKey.key)
    putNumber(chainType)
    const kept = Object.entries(messageKeys)
    putNumber(kept.length)
    for (const [index, key] of kept) {
      putNumber(Number(index))
      putBytes(key)
    }
  }
}

/** Where a record is made; reused, as records are made one at a time. */
let room = Buffer.allocUnsafeSlow(16 * 1024)
let view = new DataView(room.buffer)
let at = 0

function makeRoom(bytes: number): void {
  if (at + bytes <= room.length) return
  const larger = Buffer.allocUnsafeSlow(2 * room.length)
  larger.set(room)
  room = larger
  view = new DataView(room.buffer)
}

function putByte(value: number): void {
  makeRoom(1)
  room[at++] = value
}

function putNumber(value: number | undefined): void {
  makeRoom(8)
  view.setFloat64(at, value ?? Number.NaN)
  at += 8
}

function putText(value: string): void {
  makeRoom(1 + value.length)
  room[at++] = value.length
  at += room.write(value, at, 'latin1')
}

/** None are as good as undefined; at most 255. */
function putBytes(value: Uint8Array | undefined): void {
  const length = value?.length ?? 0
  if (length > 255) throw new Error(`a key of ${length} bytes`)
  makeRoom(1 + length)
  room[at++] = length
  if (value) room.set(value, at)
  at += length
}

function decode(bytes: Uint8Array, createEntry: () => Session): Record<string, Session> {
  const reader = new Reader(bytes)
  if (reader.byte() !== SESSION_FORMAT) throw new Error('unknown format of a session record')
  reader.byte()
  const sessions: Record<string, Session> = {}
  for (let left = reader.number()!; left > 0; left--)
    sessions[reader.text()] = readSession(reader, createEntry())
  if (!reader.isAtEnd) throw new Error('a session record is longer than what is in it')
  return sessions
}

function readSession(reader: Reader, session: Session): Session {
  const registrationId = reader.number()
  if (registrationId !== undefined) session.registrationId = registrationId
  session.currentRatchet = {
    ephemeralKeyPair: { pubKey: reader.bytes()!, privKey: reader.bytes()! },
    lastRemoteEphemeralKey: reader.bytes()!,
    previousCounter: reader.number()!,
    rootKey: reader.bytes()!,
  }
  session.indexInfo = {
    baseKey: reader.bytes()!,
    baseKeyType: reader.number()!,
    closed: reader.number()!,
    used: reader.number()!,
    created: reader.number()!,
    remoteIdentityKey: reader.bytes()!,
  }
  if (reader.byte() === 1) {
    const [signedKeyId, baseKey, preKeyId] = [reader.number()!, reader.bytes()!, reader.number()]
    session.pendingPreKey = { signedKeyId, baseKey, ...(preKeyId !== undefined && { preKeyId }) }
  }
  for (let left = reader.number()!; left > 0; left--) {
    const name = reader.text()
    const [counter, key, chainType] = [reader.number()!, reader.bytes(), reader.number()!]
    const messageKeys: Record<string, Buffer> = {}
    for (let kept = reader.number()!; kept > 0; kept--) messageKeys[String(reader.number())] = reader.bytes()!
    session._chains[name] = { chainKey: { counter, ...(key && { key }) }, chainType, messageKeys }
  }
  return session
}

/** What it reads as bytes are views: nobody changes what is kept. */
class Reader {
  readonly #whole: Buffer
  readonly #view: DataView
  #at = 0

  constructor({ buffer, byteOffset, byteLength }: Uint8Array) {
    this.#whole = Buffer.from(buffer, byteOffset, byteLength)
    this.#view = new DataView(buffer, byteOffset, byteLength)
  }

  get isAtEnd(): boolean {
    return this.#at === this.#view.byteLength
  }

  byte(): number {
    return this.#view.getUint8(this.#at++)
  }

  number(): number | undefined {
    const value = this.#view.getFloat64(this.#at)
    this.#at += 8
    return Number.isNaN(value) ? undefined : value
  }

  text(): string {
    const length = this.byte()
    return this.#whole.toString('latin1', this.#at, this.#past(length))
  }

  bytes(): Buffer | undefined {
    const length = this.byte()
    return length === 0 ? undefined : this.#whole.subarray(this.#at, this.#past(length))
  }

  #past(length: number): number {
    this.#at += length
    if (this.#at > this.#view.byteLength) throw new RangeError('a session record is cut off')
    return this.#at
  }
}
