import type { BinaryNode } from '@whiskeysockets/baileys'
import { bytesOf, child } from '../protocol/stanza.ts'
import { type KeyBundle, readPreKey, readSignedPreKey } from '../signal/key-bundle.ts'

/** A device's request for a message again: which attempt, and its keys for a new session when it sent them. */
export type Retry = { count: number; bundle: (() => KeyBundle) | undefined }

/** Reads a retry receipt. */
export function readRetry(receipt: BinaryNode): Retry {
  const keys = child(receipt, 'keys')
  const count = Number(child(receipt, 'retry')?.attrs.count ?? 1)
  return { count, bundle: keys && (() => bundleOf(receipt, keys)) }
}

function bundleOf(receipt: BinaryNode, keys: BinaryNode): KeyBundle {
  const preKey = child(keys, 'key')
  return {
    registrationId: bytesOf(receipt, 'registration').readUInt32BE(0),
    identity: bytesOf(keys, 'identity'),
    signedPreKey: readSignedPreKey(child(keys, 'skey')),
    ...(preKey && { preKey: readPreKey(preKey) }),
  }
}
