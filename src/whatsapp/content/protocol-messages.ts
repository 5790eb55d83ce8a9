import { proto } from '@whiskeysockets/baileys'

const { Type } = proto.Message.ProtocolMessage
type TypeName = keyof typeof Type

/** What a protocol message does to another message. */
export type MessageChange =
  | { type: 'edit'; id: string; message: proto.IMessage }
  | { type: 'delete'; id: string }

/** A person did it. */
const CHANGE = 'change'
/** Every kind of protocol message: why it is dropped; a kind that Baileys learns later does not compile until it stands here. */
const KINDS: Record<TypeName, typeof CHANGE | { ignored: string }> = {
  REVOKE: CHANGE,
  MESSAGE_EDIT: CHANGE,

  EPHEMERAL_SETTING: ignored('a setting of the chat'),
  EPHEMERAL_SYNC_RESPONSE: ignored('a setting of the chat'),
  LIMIT_SHARING: ignored('a setting of the chat'),
  GROUP_MEMBER_LABEL_CHANGE: ignored('a setting of the group'),
  SHARE_PHONE_NUMBER: ignored('a phone number shared with a business, which comes with each message'),
  HISTORY_SYNC_NOTIFICATION: ignored('history, which is imported'),
  MSG_FANOUT_BACKFILL_REQUEST: ignored('between own devices'),
  APP_STATE_SYNC_KEY_SHARE: ignored('between own devices'),
  APP_STATE_SYNC_KEY_REQUEST: ignored('between own devices'),
  APP_STATE_FATAL_EXCEPTION_NOTIFICATION: ignored('between own devices'),
  INITIAL_SECURITY_NOTIFICATION_SETTING_SYNC: ignored('between own devices'),
  PEER_DATA_OPERATION_REQUEST_MESSAGE: ignored('between own devices'),
  PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE: ignored('between own devices; messages in it are read'),
  LID_MIGRATION_MAPPING_SYNC: ignored('between own devices'),
  MEDIA_NOTIFY_MESSAGE: ignored('between own devices'),
  REQUEST_WELCOME_MESSAGE: ignored('bookkeeping of a business or a bot'),
  BOT_FEEDBACK_MESSAGE: ignored('bookkeeping of a business or a bot'),
  BOT_MEMU_ONBOARDING_MESSAGE: ignored('bookkeeping of a business or a bot'),
  CLOUD_API_THREAD_CONTROL_NOTIFICATION: ignored('bookkeeping of a business or a bot'),
  STOP_GENERATION_MESSAGE: ignored('bookkeeping of a business or a bot'),
  AI_PSI_METADATA: ignored('bookkeeping of a business or a bot'),
  AI_QUERY_FANOUT: ignored('bookkeeping of a business or a bot'),
  REMINDER_MESSAGE: ignored('a reminder to oneself'),
  STATUS_MENTION_MESSAGE: ignored('a notice about a status'),
}

/** Kinds that Baileys 7.0.0-rc14 has no name for. */
const NEWER_KINDS = new Map<number, { ignored: string }>([
  [31, ignored('announces pictures of a bot, which come one by one')],
  [32, ignored('a scheduled message, which nobody has got yet, is taken back')],
  [34, ignored('a setting of the chat')],
  [35, ignored('bookkeeping of a business or a bot')],
  [36, ignored('bookkeeping of a business or a bot')],
  [37, ignored('between own devices')],
])

/** Reads a protocol message; `unknown` names a kind that is newer than this program. */
export function readProtocolMessage(
  protocolMessage: proto.Message.IProtocolMessage,
): MessageChange | { ignored: string } | { unknown: string } {
  const { type, key, editedMessage } = protocolMessage
  if (type === null || type === undefined) return { ignored: 'a protocol message without a type' }
  const kind =
    NEWER_KINDS.get(type) ?? (KINDS[Type[type] as TypeName] as (typeof KINDS)[TypeName] | undefined)
  if (kind === undefined) return { unknown: `protocolMessage.${type}` }
  if (kind !== CHANGE) return kind
  if (!key?.id) return { ignored: 'a change of a message that it does not name' }
  if (type === Type.REVOKE) return { type: 'delete', id: key.id }
  return { type: 'edit', id: key.id, message: editedMessage ?? {} }
}

function ignored(why: string) {
  return { ignored: why }
}
