import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { deflate } from 'node:zlib'
import { proto } from '@whiskeysockets/baileys'
import type { Account, Device } from '../accounts/account.ts'
import type { Conversation, DatedConversation } from '../accounts/conversation.ts'
import { APP_STATE_KEY_ID } from '../accounts/first-contacts.ts'
import { putEncrypted } from '../media/put-encrypted.ts'
import { seconds } from '../protocol/stanza.ts'
import type { World } from '../world.ts'
import { timerOf } from './context/disappearing.ts'
import { sendPeerMessage } from './peer-messages.ts'

const { Type } = proto.Message.ProtocolMessage
const { HistorySyncType } = proto.HistorySync
const compress = promisify(deflate)

/** Gives each message of a phone's history an id and a time. Throws for a group or a phone number that cannot be. */
export function dateConversations(
  world: World,
  account: Account,
  conversations: readonly Conversation[],
): DatedConversation[] {
  const dated = conversations.map(conversation => ({
    ...conversation,
    messages: conversation.messages.map(message => ({ id: newId(), at: Date.now(), ...message })),
  }))
  for (const conversation of dated) conversationOf(world, account, conversation)
  return dated
}

const newId = () => randomBytes(10).toString('hex').toUpperCase()

/**
 * Sends what a phone sends a new companion: an app state key, its history, and an empty last part. Without them Baileys holds all
 * events for 20 s after its first login, and 120 s without the RECENT part. The payload is inline, which Baileys takes at any size,
 * or, above `inlineHistoryBytes`, on the media host as real phones do. There it has no address but a direct path: Baileys fetches it
 * from `https://mmg.whatsapp.net`, which a client has to redirect.
 */
export async function sendHistory(world: World, device: Device): Promise<void> {
  const { account } = device
  device.historySent = true
  await sendPeerMessage(world, device, {
    type: Type.APP_STATE_SYNC_KEY_SHARE,
    appStateSyncKeyShare: { keys: [appStateKey(device)] },
  })
  const conversations = account.history.map(conversation => conversationOf(world, account, conversation))
  const parts = [
    { syncType: HistorySyncType.INITIAL_BOOTSTRAP, conversations },
    { syncType: HistorySyncType.RECENT, conversations: [] },
  ]
  for (const { syncType, conversations } of parts) {
    const plain = proto.HistorySync.encode({ syncType, conversations, progress: 100 }).finish()
    const { salt, saltBy } = account.firstContacts
    const isFirst = syncType === HistorySyncType.INITIAL_BOOTSTRAP
    const salted = isFirst && saltBy === 'history' && salt ? Buffer.concat([plain, nctSalt(salt)]) : plain
    const payload = await compress(salted)
    await sendPeerMessage(world, device, {
      type: Type.HISTORY_SYNC_NOTIFICATION,
      historySyncNotification: {
        syncType,
        ...(payload.length > world.options.inlineHistoryBytes
          ? await putEncrypted(world.media, payload, 'history')
          : { initialHistBootstrapInlinePayload: payload }),
        chunkOrder: 1,
        progress: 100,
      },
    })
  }
}

/** Field 19 of HistorySync, which Baileys' protobuf does not know: its tag takes two bytes. */
const nctSalt = (salt: Uint8Array) => Buffer.concat([Buffer.of(0x9a, 0x01, salt.length), salt])

function appStateKey(device: Device): proto.Message.IAppStateSyncKey {
  const rawId = device.account.signal.registrationId
  return {
    keyId: { keyId: APP_STATE_KEY_ID },
    keyData: {
      keyData: device.appStateKey,
      fingerprint: { rawId, currentIndex: 0, deviceIndexes: [0, device.id] },
      timestamp: Date.now(),
    },
  }
}

/** A phone lists the newest message first. */
function conversationOf(
  world: World,
  account: Account,
  conversation: DatedConversation,
): proto.IConversation {
  const group = world.groups.get(conversation.with)
  const other = group ? undefined : world.accounts.ensure(conversation.with)
  const id = group?.jid ?? other!.jid
  const messages = conversation.messages.map((message, order) => {
    const speaker = message.from || !other ? world.accounts.ensure(message.from ?? account.pn) : other
    const fromMe = speaker === account
    const participant = group && !fromMe ? { participant: group.addressOf(speaker) } : {}
    const { content } = message
    const key = { remoteJid: id, fromMe, id: message.id }
    const { messageContextInfo, ...said } = typeof content === 'string' ? { conversation: content } : content
    // In a history the secret has a field of its own.
    const { messageSecret, ...context } = messageContextInfo ?? {}
    const info: proto.IWebMessageInfo = {
      key: { ...key, ...participant },
      message: { ...said, ...(Object.keys(context).length > 0 && { messageContextInfo: context }) },
      ...(messageSecret && { messageSecret }),
      messageTimestamp: seconds(message.at),
      ...participant,
      ...(fromMe ? { status: proto.WebMessageInfo.Status.READ } : { pushName: speaker.name }),
    }
    return { message: info, msgOrderId: order + 1 }
  })
  const newest = conversation.messages.at(-1)
  const timer = timerOf(world, account, conversation.with)
  return {
    id,
    name: group?.subject ?? other!.name,
    messages: messages.reverse(),
    unreadCount: conversation.unread ?? 0,
    conversationTimestamp: seconds(newest?.at),
    ...(other && { lidJid: other.lidJid }),
    ...(timer && { ephemeralExpiration: timer.expiration, ephemeralSettingTimestamp: timer.setAt }),
  }
}
