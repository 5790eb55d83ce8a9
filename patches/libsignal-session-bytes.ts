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
  serialize(): unknown
}
interface SessionRecord {
  new (): Sessions
  prototype: Sessions & { [MENDED]?: true }
  createEntry(): Session
  deserialize(data: unknown): Sessions
}

const MENDED = Symbol.for('whatsapp-manager.session-bytes')
/** The first byte. */
const FORMAT = 1

/** Makes libsignal give and take session records as bytes, once per process. */
export function keepSessionsAsBytes(): void {
  const record = loadLibsignal<SessionRecord>('src/session_record.js')
  if (record.prototype[MENDED]) return
  const deserialize = record.deserialize.bind(record)
  record.prototype.serialize = function () {
    return encode(this.sessions)
  }
  record.deserialize = data => {
    if (!(data instanceof Uint8Array)) return deserialize(data)
    return Object.assign(new record(), { sessions: decode(data, () => record.createEntry()) })
  }
  record.prototype[MENDED] = true
}

function encode(sessions: Record<string, Session>): Buffer {
  const writer = new Writer()
  const entries = Object.entries(sessions)
  writer.byte(FORMAT)
  writer.count(entries.length)
  for (const [name, session] of entries) {
    writer.text(name)
    writeSession(writer, session)
  }
  return writer.written()
}

function decode(bytes: Uint8Array, createEntry: () => Session): Record<string, Session> {
  const reader = new Reader(bytes)
  if (reader.byte() !== FORMAT) throw new Error('unknown format of a session record')
  const sessions: Record<string, Session> = {}
  for (let left = reader.count(); left > 0; left--)
    sessions[reader.text()] = readSession(reader, createEntry())
  if (!reader.atEnd) throw new Error('a session record is longer than what is in it')
  return sessions
}

function writeSession(writer: Writer, session: Session): void {
  const { registrationId, currentRatchet, indexInfo, pendingPreKey, _chains } = session
  writer.number(registrationId)
  writer.bytes(currentRatchet.ephemeralKeyPair.pubKey)
  writer.bytes(currentRatchet.ephemeralKeyPair.privKey)
  writer.bytes(currentRatchet.lastRemoteEphemeralKey)
  writer.number(currentRatchet.previousCounter)
  writer.bytes(currentRatchet.rootKey)
  writer.bytes(indexInfo.baseKey)
  writer.number(indexInfo.baseKeyType)
  writer.number(indexInfo.closed)
  writer.number(indexInfo.used)
  writer.number(indexInfo.created)
  writer.bytes(indexInfo.remoteIdentityKey)
  writer.byte(pendingPreKey ? 1 : 0)
  if (pendingPreKey) {
    writer.number(pendingPreKey.signedKeyId)
    writer.bytes(pendingPreKey.baseKey)
    writer.number(pendingPreKey.preKeyId)
  }
  const chains = Object.entries(_chains)
  writer.count(chains.length)
  for (const [name, { chainKey, chainType, messageKeys }] of chains) {
    writer.text(name)
    writer.number(chainKey.counter)
    writer.bytes(chainKey.key)
    writer.number(chainType)
    const kept = Object.entries(messageKeys)
    writer.count(kept.length)
    for (const [index, key] of kept) {
      writer.number(Number(index))
      writer.bytes(key)
    }
  }
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
  for (let left = reader.count(); left > 0; left--) {
    const name = reader.text()
    const [counter, key, chainType] = [reader.number()!, reader.bytes(), reader.number()!]
    const messageKeys: Record<string, Buffer> = {}
    for (let kept = reader.count(); kept > 0; kept--) messageKeys[String(reader.number())] = reader.bytes()!
    session._chains[name] = { chainKey: { counter, ...(key && { key }) }, chainType, messageKeys }
  }
  return session
}

/** Reused: records are made one at a time. */
let room = Buffer.allocUnsafeSlow(16 * 1024)

class Writer {
  #at = 0

  byte(value: number): void {
    this.#need(1)
    room[this.#at++] = value
  }

  count(value: number): void {
    this.#need(4)
    this.#at = room.writeUInt32LE(value, this.#at)
  }

  number(value: number | undefined): void {
    this.#need(8)
    this.#at = room.writeDoubleLE(value ?? Number.NaN, this.#at)
  }

  text(value: string): void {
    this.#need(1 + value.length)
    room[this.#at] = value.length
    this.#at += 1 + room.write(value, this.#at + 1, 'latin1')
  }

  /** None are as good as undefined; at most 255. */
  bytes(value: Uint8Array | undefined): void {
    const length = value?.length ?? 0
    if (length > 255) throw new Error(`a key of ${length} bytes`)
    this.#need(1 + length)
    room[this.#at++] = length
    if (value) room.set(value, this.#at)
    this.#at += length
  }

  written(): Buffer {
    return Buffer.from(room.subarray(0, this.#at))
  }

  #need(bytes: number): void {
    if (this.#at + bytes <= room.length) return
    const larger = Buffer.allocUnsafeSlow(2 * room.length)
    larger.set(room)
    room = larger
  }
}

/** What it reads as bytes are views: nobody changes what is stored. */
class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#at++)
  }

  count(): number {
    const value = this.#bytes.readUInt32LE(this.#at)
    this.#at += 4
    return value
  }

  number(): number | undefined {
    const value = this.#bytes.readDoubleLE(this.#at)
    this.#at += 8
    return Number.isNaN(value) ? undefined : value
  }

  text(): string {
    const length = this.byte()
    return this.#bytes.toString('latin1', this.#at, this.#advance(length))
  }

  bytes(): Buffer | undefined {
    const length = this.byte()
    return length === 0 ? undefined : this.#bytes.subarray(this.#at, this.#advance(length))
  }

  #advance(length: number): number {
    this.#at += length
    if (this.#at > this.#bytes.length) throw new RangeError('a session record is cut off')
    return this.#at
  }
}
