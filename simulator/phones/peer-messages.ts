import { randomBytes } from 'node:crypto'
import { proto } from '@whiskeysockets/baileys'
import type { Account, Device } from '../accounts/account.ts'
import type { Owed } from '../accounts/kept-stanza.ts'
import { webMessageInfo } from '../content/raw.ts'
import { deliver } from '../delivery.ts'
import { seconds, stanza } from '../protocol/stanza.ts'
import { encNode } from '../signal/enc-nodes.ts'
import type { World } from '../world.ts'

type Request = proto.Message.IPeerDataOperationRequestMessage
type Key = proto.IMessageKey

const { Type } = proto.Message.ProtocolMessage
const { PLACEHOLDER_MESSAGE_RESEND } = proto.Message.PeerDataOperationRequestType

/** Sends something from an account's phone to its own linked device: a `category="peer"` message, kept until acknowledged. */
export async function sendPeerMessage(
  world: World,
  device: Device,
  protocolMessage: proto.Message.IProtocolMessage,
): Promise<void> {
  const { account } = device
  const enc = await account.signal.encrypt(device.lidJid, { protocolMessage }, () => device.takeBundle())
  const id = `3EB0${randomBytes(8).toString('hex').toUpperCase()}`
  const node = stanza(
    'message',
    { from: account.jid, category: 'peer', type: 'text', id, t: seconds(), notify: account.name },
    [encNode(enc)],
  )
  const owed: Owed[] = protocolMessage.historySyncNotification ? ['peer_msg', 'hist_sync'] : ['peer_msg']
  deliver(world, device, { kind: 'message', id, from: account.pn, node, peer: true, owed })
}

/**
 * Tells the linked devices that the account's chats are by LID from now on, with the LID of each person it has a chat with
 * (`LID_MIGRATION_MAPPING_SYNC`, as `processMessage` in Baileys reads it).
 */
export async function sendMigration(world: World, account: Account): Promise<void> {
  account.migrated = true
  const pnToLidMappings = [...account.directChats].map(({ pn, lid }) => ({
    pn: Number(pn),
    assignedLid: Number(lid),
  }))
  const encodedMappingPayload = proto.LIDMigrationMappingSyncPayload.encode({
    pnToLidMappings,
    chatDbMigrationTimestamp: seconds(),
  }).finish()
  const content = {
    type: Type.LID_MIGRATION_MAPPING_SYNC,
    lidMigrationMappingSyncMessage: { encodedMappingPayload },
  }
  for (const device of account.devices.values()) await sendPeerMessage(world, device, content)
}

/**
 * Answers what a linked device asked its phone for: the messages whose content did not arrive, as `WebMessageInfo` bytes. Each
 * request has one result, empty for a message the phone does not have; other kinds of request get no answer.
 */
export async function answerPeerRequest(
  world: World,
  device: Device,
  stanzaId: string,
  { peerDataOperationRequestType: type, placeholderMessageResendRequest: wanted }: Request,
): Promise<void> {
  if (type !== PLACEHOLDER_MESSAGE_RESEND) return
  const peerDataOperationResult = (wanted ?? []).map(({ messageKey }) => {
    const webMessageInfoBytes = messageKey && webMessageOf(world, device.account, messageKey)
    return { placeholderMessageResendResponse: webMessageInfoBytes ? { webMessageInfoBytes } : {} }
  })
  await sendPeerMessage(world, device, {
    type: Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE,
    peerDataOperationRequestResponseMessage: {
      peerDataOperationRequestType: type,
      stanzaId,
      peerDataOperationResult,
    },
  })
}

function webMessageOf(world: World, account: Account, key: Key): Uint8Array | undefined {
  const author = world.accounts.resolve(key.participant ?? key.remoteJid ?? undefined)?.account
  const speaker = key.fromMe ? account : author
  const sent = speaker && world.contacts.get(speaker)?.sent.get(key.id ?? '')
  // No linked device gets what may be seen once.
  if (!speaker || !sent || sent.viewOnce) return undefined
  const about = { key, messageTimestamp: seconds(sent.at), pushName: speaker.name }
  const { participant } = key
  return webMessageInfo(participant ? { ...about, participant } : about, sent.raw ?? sent.message)
}
