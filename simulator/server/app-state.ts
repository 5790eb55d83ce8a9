import { createCipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { type BinaryNode, proto } from '@whiskeysockets/baileys'
import type { Device } from '../accounts/account.ts'
import { APP_STATE_KEY_ID } from '../accounts/first-contacts.ts'
import { children, stanza } from '../protocol/stanza.ts'

const INDEX = Buffer.from('["nct_salt_sync"]')
const SET = 1

/**
 * Answers a query for collections of the app state: nothing has changed, except that a device is given the salt for first contacts
 * once in `regular_high`, where its account has it there. The macs of the whole collection, which Baileys does not check, are random.
 */
export function answerAppState(device: Device, query: BinaryNode | undefined): BinaryNode {
  const { account } = device
  const collections = children(query).map(({ attrs: { name, version = '0' } }) => {
    device.synced.push(name ?? '')
    const { salt, saltBy } = account.firstContacts
    const isDue = name === 'regular_high' && saltBy === 'app-state' && salt && !device.hasSalt
    if (isDue) device.hasSalt = true
    const patches = isDue
      ? [stanza('patches', {}, [stanza('patch', {}, patchOf(device, salt, Number(version) + 1))])]
      : []
    return stanza('collection', { name, version, has_more_patches: 'false', type: 'result' }, patches)
  })
  return stanza('sync', {}, collections)
}

function patchOf(device: Device, salt: Uint8Array, version: number): Uint8Array {
  const info = 'WhatsApp Mutation Keys'
  const keys = Buffer.from(hkdfSync('sha256', device.appStateKey, Buffer.alloc(0), info, 160))
  const [indexKey, valueKey, macKey] = [0, 32, 64].map(at => keys.subarray(at, at + 32))
  // SyncActionValue.nctSaltSyncAction is field 80: the tag takes two bytes.
  const action = Buffer.concat([Buffer.of(0x82, 0x05, salt.length + 2, 0x0a, salt.length), salt])
  const data = Buffer.concat([
    Buffer.of(0x0a, INDEX.length),
    INDEX,
    Buffer.of(0x12, action.length),
    action,
    Buffer.of(0x1a, 0, 0x20, 1),
  ])
  const iv = randomBytes(16)
  const cipher = createCipheriv('aes-256-cbc', valueKey!, iv)
  const sealed = Buffer.concat([iv, cipher.update(data), cipher.final()])
  const keyed = Buffer.concat([Buffer.of(SET), APP_STATE_KEY_ID])
  const length = Buffer.alloc(8)
  length[7] = keyed.length
  const mac = createHmac('sha512', macKey!)
    .update(keyed)
    .update(sealed)
    .update(length)
    .digest()
    .subarray(0, 32)
  const keyId = { id: APP_STATE_KEY_ID }
  const record = {
    index: { blob: createHmac('sha256', indexKey!).update(INDEX).digest() },
    value: { blob: Buffer.concat([sealed, mac]) },
    keyId,
  }
  const operation = proto.SyncdMutation.SyncdOperation.SET
  return proto.SyncdPatch.encode({
    version: { version },
    mutations: [{ operation, record }],
    snapshotMac: randomBytes(32),
    patchMac: randomBytes(32),
    keyId,
  }).finish()
}
