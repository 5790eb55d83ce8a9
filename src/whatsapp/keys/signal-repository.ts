import {
  DEFAULT_CONNECTION_CONFIG,
  isLidUser,
  isPnUser,
  type SignalKeyStore,
  type SignalKeyStoreWithTransaction,
  type SocketConfig,
} from '@whiskeysockets/baileys'
import { hasOpenSession } from '../../../patches/libsignal-session-bytes.ts'
import { hasSenderKey } from '../patches/groups/sender-key-redelivery.ts'
import { withTransactions } from './key-transactions.ts'

/** Options of Baileys' own transactions, in which sends are; its default freezes a session for 30 s on a full disk. */
export const TRANSACTIONS = { maxCommitRetries: 3, delayBetweenTriesMs: 200 }

/** One ciphertext of a peer, or of an author of a group, to be decrypted in a transaction on `keys` that is named `lock`. */
export interface Decryption {
  keys: SignalKeyStoreWithTransaction
  lock: string
  ciphertext: Uint8Array
  decrypt(): Promise<Uint8Array>
}

/**
 * Baileys' Signal repository with one transaction per peer, whichever of its addresses is used, and one per author of a group:
 * Baileys locks sends by the own account, decrypts by the peer's address as written, and not at all where it makes the record of a
 * sender key. Every decryption goes through `decryptOnce`.
 */
export function signalRepositoryMaker(
  stored: SignalKeyStore,
  decryptOnce: (decryption: Decryption) => Promise<Uint8Array>,
): SocketConfig['makeSignalRepository'] {
  return (signal, logger, pnToLid) => {
    const keys = withTransactions(stored)
    const repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(
      { creds: signal.creds, keys },
      logger,
      pnToLid,
    )
    // Baileys looks for the LID of a number at each step: with its LID, a peer is looked up once.
    const byLid = async (jid: string) =>
      (isPnUser(jid) ? await repository.lidMapping.getLIDForPN(jid) : null) ?? jid
    const peerLock = (lid: string) => repository.jidToSignalProtocolAddress(lid)
    // The name of the record of a sender key, as libsignal's sender-key-name.js makes it.
    const authorLock = (group: string | null | undefined, jid: string) =>
      [group, ...repository.jidToSignalProtocolAddress(jid).split('.')].join('::')
    return {
      ...repository,
      // Asked for each device of each send; a record need not be read for it.
      validateSession: async jid => {
        const known = isLidUser(jid) || isPnUser(jid)
        // What has no address, Baileys says so of.
        const address = known
          ? await byLid(jid)
              .then(peerLock)
              .catch(() => null)
          : null
        if (address === null) return repository.validateSession(jid)
        const { [address]: record } = await keys.get('session', [address])
        const exists = record instanceof Uint8Array && hasOpenSession(record)
        return exists ? { exists } : repository.validateSession(jid)
      },
      decryptMessage: async message => {
        const jid = await byLid(message.jid)
        return decryptOnce({
          keys,
          lock: peerLock(jid),
          ciphertext: message.ciphertext,
          decrypt: () => repository.decryptMessage({ ...message, jid }),
        })
      },
      decryptGroupMessage: message =>
        decryptOnce({
          keys,
          lock: authorLock(message.group, message.authorJid),
          ciphertext: message.msg,
          decrypt: () => repository.decryptGroupMessage(message),
        }),
      processSenderKeyDistributionMessage: message => {
        const lock = authorLock(message.item.groupId, message.authorJid)
        return keys.transaction(async () => {
          const known = await hasSenderKey(keys, lock, message.item)
          if (!known) await repository.processSenderKeyDistributionMessage(message)
        }, lock)
      },
      encryptGroupMessage: message =>
        keys.transaction(
          () => repository.encryptGroupMessage(message),
          authorLock(message.group, message.meId),
        ),
      getSenderKeyDistributionMessage: message =>
        keys.transaction(
          () => repository.getSenderKeyDistributionMessage(message),
          authorLock(message.group, message.meId),
        ),
      encryptMessage: async message => {
        const jid = await byLid(message.jid)
        return keys.transaction(() => repository.encryptMessage({ ...message, jid }), peerLock(jid))
      },
      injectE2ESession: async message => {
        const jid = await byLid(message.jid)
        return keys.transaction(() => repository.injectE2ESession({ ...message, jid }), peerLock(jid))
      },
    }
  }
}
