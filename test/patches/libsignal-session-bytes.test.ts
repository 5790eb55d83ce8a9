import fc from 'fast-check'
import { expect, it } from 'vitest'
import { hasOpenSession, keepSessionsAsBytes } from '../../patches/libsignal-session-bytes.ts'
import { loadLibsignal } from '../../patches/load-libsignal.ts'
import { SignalEndpoint } from '../../simulator/signal/endpoint.ts'

interface Record {
  sessions: { [name: string]: { currentRatchet: { rootKey: Buffer }; _chains: object } }
  haveOpenSession(): boolean
  serialize(): unknown
}
const SessionRecord = loadLibsignal<{ prototype: Record; deserialize(data: unknown): Record }>(
  'src/session_record.js',
)
/** As libsignal has it: base64 texts in an object. */
const original = { serialize: SessionRecord.prototype.serialize, deserialize: SessionRecord.deserialize }
const textsOf = (record: Record) => JSON.parse(JSON.stringify(original.serialize.call(record)))
const recordOf = (texts: unknown) => original.deserialize.call(SessionRecord, structuredClone(texts))

const key = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map(bytes => Buffer.from(bytes).toString('base64'))
const counter = fc.integer({ min: -1, max: 2 ** 31 })
const time = fc.integer({ min: 0, max: 2 ** 45 })
const chain = fc.record({
  chainKey: fc.record({ counter, key: key(32) }, { requiredKeys: ['counter'] }),
  chainType: fc.constantFrom(1, 2),
  messageKeys: fc.dictionary(fc.nat(2 ** 31).map(String), key(32), { maxKeys: 20, noNullPrototype: true }),
})
const session = fc.record(
  {
    registrationId: fc.nat(16_380),
    currentRatchet: fc.record({
      ephemeralKeyPair: fc.record({ pubKey: key(33), privKey: key(32) }),
      lastRemoteEphemeralKey: key(33),
      previousCounter: counter,
      rootKey: key(32),
    }),
    indexInfo: fc.record({
      baseKey: key(33),
      baseKeyType: fc.constantFrom(1, 2),
      closed: fc.oneof(fc.constant(-1), time),
      used: time,
      created: time,
      remoteIdentityKey: key(33),
    }),
    _chains: fc.dictionary(key(33), chain, { maxKeys: 4, noNullPrototype: true }),
    pendingPreKey: fc.record(
      { signedKeyId: fc.nat(2 ** 24), baseKey: key(33), preKeyId: fc.nat(2 ** 24) },
      { requiredKeys: ['signedKeyId', 'baseKey'] },
    ),
  },
  { requiredKeys: ['registrationId', 'currentRatchet', 'indexInfo', '_chains'] },
)
const records = fc.record({
  _sessions: fc.dictionary(key(33), session, { maxKeys: 41, noNullPrototype: true }),
  version: fc.constant('v1'),
})

const ALICE = '1000:1@lid'
const BOB = '2000@lid'

// In this order: a mend is for the whole process.
it('is needed: libsignal gives a record as texts', () => {
  const texts = new (SessionRecord as unknown as new () => Record)().serialize()
  expect(texts, 'upstream changed how it keeps records: drop libsignal-session-bytes.ts').toEqual({
    _sessions: {},
    version: 'v1',
  })
})

it('goes on with a conversation whose records were kept as texts', async () => {
  const [alice, bob] = [new SignalEndpoint(), new SignalEndpoint()]
  const say = async (conversation: string) =>
    bob.decrypt(ALICE, await alice.encrypt(BOB, { conversation }, () => bob.bundle()))
  const answer = async (conversation: string) =>
    alice.decrypt(BOB, await bob.encrypt(ALICE, { conversation }, () => alice.bundle()))
  await say('one')
  await answer('two')
  const overtaken = await alice.encrypt(BOB, { conversation: 'three' }, () => bob.bundle())
  await say('four')
  keepSessionsAsBytes()
  expect((await bob.decrypt(ALICE, overtaken)).conversation).toBe('three')
  for (let n = 0; n < 5; n++) {
    expect((await say(`said ${n}`)).conversation).toBe(`said ${n}`)
    expect((await answer(`answered ${n}`)).conversation).toBe(`answered ${n}`)
  }
  await expect(bob.decrypt(ALICE, overtaken), 'a key is used once').rejects.toThrow()
})

it('keeps all of any record', () => {
  keepSessionsAsBytes()
  fc.assert(
    fc.property(records, texts => {
      const bytes = recordOf(texts).serialize()
      expect(bytes).toBeInstanceOf(Uint8Array)
      expect(textsOf(SessionRecord.deserialize(bytes))).toEqual(JSON.parse(JSON.stringify(texts)))
      expect(hasOpenSession(bytes as Uint8Array)).toBe(recordOf(texts).haveOpenSession())
    }),
    { numRuns: 60 },
  )
})

it('gives each reader a record of its own, and none changes what is kept', () => {
  keepSessionsAsBytes()
  fc.assert(
    fc.property(records, texts => {
      const bytes = recordOf(texts).serialize() as Buffer
      const before = Buffer.from(bytes)
      const [one, other] = [SessionRecord.deserialize(bytes), SessionRecord.deserialize(bytes)]
      for (const entry of Object.values(one.sessions)) {
        entry.currentRatchet.rootKey = Buffer.alloc(32)
        entry._chains = {}
      }
      one.serialize()
      expect(bytes.equals(before)).toBe(true)
      expect(textsOf(other)).toEqual(JSON.parse(JSON.stringify(texts)))
    }),
    { numRuns: 20 },
  )
})

it('refuses bytes that are cut off, too long or of another format', () => {
  keepSessionsAsBytes()
  const [texts] = fc.sample(
    records.filter(({ _sessions }) => Object.keys(_sessions).length > 0),
    1,
  )
  const bytes = recordOf(texts).serialize() as Buffer
  for (let length = 0; length < bytes.length; length += 7)
    expect(() => SessionRecord.deserialize(bytes.subarray(0, length)), `${length} bytes`).toThrow()
  expect(() => SessionRecord.deserialize(Buffer.concat([bytes, Buffer.of(0)]))).toThrow('longer')
  expect(() => SessionRecord.deserialize(Buffer.concat([Buffer.of(9), bytes.subarray(1)]))).toThrow('format')
})

it('changes nothing the second time', () => {
  keepSessionsAsBytes()
  const { deserialize } = SessionRecord
  keepSessionsAsBytes()
  expect(SessionRecord.deserialize).toBe(deserialize)
})
