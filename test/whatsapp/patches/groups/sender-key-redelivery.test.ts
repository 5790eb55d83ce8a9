import {
  addTransactionCapability,
  DEFAULT_CONNECTION_CONFIG,
  initAuthCreds,
  type SignalDataSet,
  type SignalDataTypeMap,
  type SignalKeyStore,
} from '@whiskeysockets/baileys'
import { expect, it } from 'vitest'
import { commonSettings } from '../../../../src/whatsapp/baileys-settings.ts'
import { hasSenderKey } from '../../../../src/whatsapp/patches/groups/sender-key-redelivery.ts'

const GROUP = '123@g.us'
const AUTHOR = '34611000001@s.whatsapp.net'
const NAME = `${GROUP}::34611000001::0`

/** A Signal repository of Baileys' own, with its keys in memory. */
function repositoryInMemory() {
  const rows = new Map<string, unknown>()
  const stored: SignalKeyStore = {
    get: async (type, ids) =>
      Object.fromEntries(ids.map(id => [id, rows.get(`${type}/${id}`) as SignalDataTypeMap[typeof type]])),
    set: async (data: SignalDataSet) => {
      for (const [type, values] of Object.entries(data))
        for (const [id, value] of Object.entries(values ?? {})) rows.set(`${type}/${id}`, value)
    },
  }
  const logger = commonSettings({ inboundFromMe: false, inboundIgnore: [] }).logger!
  const keys = addTransactionCapability(stored, logger, { maxCommitRetries: 1, delayBetweenTriesMs: 1 })
  const repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository({ creds: initAuthCreds(), keys }, logger)
  const states = () => JSON.parse(Buffer.from(rows.get(`sender-key/${NAME}`) as Uint8Array).toString()).length
  return { repository, keys, states }
}

/** What an author sends to the members of a group, so that they can read its messages. */
async function distribution() {
  const { repository } = repositoryInMemory()
  const { senderKeyDistributionMessage } = await repository.encryptGroupMessage({
    group: GROUP,
    meId: AUTHOR,
    data: Buffer.from('x'),
  })
  return { groupId: GROUP, axolotlSenderKeyDistributionMessage: senderKeyDistributionMessage }
}

it('is needed: Baileys adds a sender key that is delivered again as a new one', async () => {
  const { repository, states } = repositoryInMemory()
  const item = await distribution()
  for (let times = 0; times < 2; times++)
    await repository.processSenderKeyDistributionMessage({ item, authorJid: AUTHOR })
  expect(states(), 'upstream mended it: drop sender-key-redelivery.ts').toBe(2)
})

it('knows a sender key that is in the record, and no other', async () => {
  const { repository, keys } = repositoryInMemory()
  const [item, other] = [await distribution(), await distribution()]
  expect(await hasSenderKey(keys, NAME, item)).toBe(false)
  await repository.processSenderKeyDistributionMessage({ item, authorJid: AUTHOR })
  expect(await hasSenderKey(keys, NAME, item)).toBe(true)
  expect(await hasSenderKey(keys, NAME, other)).toBe(false)
  expect(await hasSenderKey(keys, NAME, { groupId: GROUP })).toBe(false)
})
