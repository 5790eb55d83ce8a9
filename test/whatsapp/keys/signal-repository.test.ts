import {
  initAuthCreds,
  type SignalDataSet,
  type SignalDataTypeMap,
  type SignalKeyStore,
} from '@whiskeysockets/baileys'
import { expect, it, vi } from 'vitest'
import { keepSessionsAsBytes } from '../../../patches/libsignal-session-bytes.ts'
import { loadLibsignal } from '../../../patches/load-libsignal.ts'
import { SignalEndpoint } from '../../../simulator/signal/endpoint.ts'
import { commonSettings } from '../../../src/whatsapp/baileys-settings.ts'
import { decodeKey, encodeKey } from '../../../src/whatsapp/keys/key-codec.ts'
import { signalRepositoryMaker } from '../../../src/whatsapp/keys/signal-repository.ts'

const [LID, NUMBER] = ['2000@lid', '34600000009@s.whatsapp.net']

/** A repository over keys that are stored as bytes, like the product's. */
function repositoryOverBytes() {
  const rows = new Map<string, Uint8Array>()
  const stored: SignalKeyStore = {
    get: (type, ids) => {
      const found: Record<string, SignalDataTypeMap[typeof type]> = {}
      for (const id of ids) {
        const row = rows.get(`${type}/${id}`)
        if (row) found[id] = decodeKey(type, row) as SignalDataTypeMap[typeof type]
      }
      return found
    },
    set: (data: SignalDataSet) => {
      for (const [type, values] of Object.entries(data))
        for (const [id, value] of Object.entries(values ?? {}))
          if (value === null) rows.delete(`${type}/${id}`)
          else rows.set(`${type}/${id}`, encodeKey(type, value))
    },
  }
  const { logger } = commonSettings({ inboundFromMe: false, inboundIgnore: [] })
  const creds = initAuthCreds()
  const make = signalRepositoryMaker(stored, ({ decrypt }) => decrypt())
  return make({ creds, keys: stored as never }, logger, async () => [])
}

async function withSession() {
  keepSessionsAsBytes()
  const repository = repositoryOverBytes()
  const { identity, registrationId, signedPreKey } = new SignalEndpoint().bundle()
  const typed = (key: Uint8Array) => Buffer.concat([Buffer.of(5), key])
  const { id: keyId, signature } = signedPreKey
  const open = () =>
    repository.injectE2ESession({
      jid: LID,
      session: {
        registrationId,
        identityKey: typed(identity),
        signedPreKey: { keyId, publicKey: typed(signedPreKey.public), signature },
        preKey: undefined as never,
      },
    })
  await repository.lidMapping.storeLIDPNMappings([{ lid: LID, pn: NUMBER }])
  return { repository, open }
}

it('knows whether there is a session with a device, under each of its names, without reading its record', async () => {
  const { repository, open } = await withSession()
  expect(await repository.validateSession(LID)).toEqual({ exists: false, reason: 'no session' })
  await open()
  const deserialize = vi.spyOn(
    loadLibsignal<{ deserialize(data: unknown): object }>('src/session_record.js'),
    'deserialize',
  )
  for (const jid of [LID, NUMBER]) expect(await repository.validateSession(jid)).toEqual({ exists: true })
  expect(deserialize).not.toHaveBeenCalled()
  expect(await repository.validateSession('2000:3@lid')).toMatchObject({ exists: false })
  expect(await repository.validateSession('34600000008@s.whatsapp.net')).toMatchObject({ exists: false })
  await repository.deleteSession([LID])
  expect(await repository.validateSession(LID)).toMatchObject({ exists: false })
})

it.each([
  '@s.whatsapp.net',
  '34600000009:99@s.whatsapp.net',
  'nobody',
  '',
])('A jid without an address (%s) has no session, and is no error', async jid => {
  const { repository } = await withSession()
  expect(await repository.validateSession(jid)).toMatchObject({ exists: false })
})
