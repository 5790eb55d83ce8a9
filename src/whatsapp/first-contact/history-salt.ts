import { promisify } from 'node:util'
import { inflate } from 'node:zlib'
import { downloadContentFromMessage, type proto } from '@whiskeysockets/baileys'
import { fieldsIn } from '../protobuf/wire-reader.ts'

/** HistorySync.nctSalt, which Baileys' protobuf does not know. */
const NCT_SALT = 19
const unzip = promisify(inflate)

/**
 * The salt for first contacts in a part of the phone's history, which lies in the notification or on the media host; null when that
 * part has none. Rejects when it cannot be fetched or read.
 */
export async function saltInHistory(
  notification: proto.Message.IHistorySyncNotification,
): Promise<Buffer | null> {
  const history = await unzip(notification.initialHistBootstrapInlinePayload ?? (await fetched(notification)))
  for (const { number, bytes } of fieldsIn(history))
    if (number === NCT_SALT && bytes && bytes.length > 0) return Buffer.from(bytes)
  return null
}

async function fetched(notification: proto.Message.IHistorySyncNotification): Promise<Buffer> {
  const { mediaKey, directPath } = notification
  const file = await downloadContentFromMessage(
    { mediaKey: mediaKey!, directPath: directPath! },
    'md-msg-hist',
  )
  return Buffer.concat(await Array.fromAsync(file as AsyncIterable<Buffer>))
}
