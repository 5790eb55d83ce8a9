import type { z } from 'zod'
import type { messagePayload } from '../payloads.ts'

export type MessagePayload = z.infer<typeof messagePayload>

/** The words in place of a file's, as existing applications know them. */
const PLACEHOLDERS: Record<string, string> = {
  audio: '[Mensaje de audio]',
  image: '[Imagen]',
  video: '[Video]',
  document: '[Documento]',
}

/** What existing applications were never told. */
const SKIPPED = new Set(['edit', 'delete', 'reaction', 'poll', 'poll_vote', 'event_response'])

/** The fields of `POST /whatsapp-webhook/{webhook_token}`; null for what that contract leaves out: own, group and protocol messages, reactions, polls. */
export function legacyFields(message: MessagePayload): Record<string, string> | null {
  if (message.from_me || message.is_group || SKIPPED.has(message.type)) return null
  return {
    from: authorOf(message),
    text: message.body ?? message.caption ?? PLACEHOLDERS[message.type] ?? `[${message.type}]`,
    type: message.type,
    wamId: message.message_id,
    timestamp: String(Math.floor(Date.parse(message.timestamp) / 1000)),
    pushName: message.push_name ?? '',
  }
}

/** Digits: of the number, or of the LID while WhatsApp gives nothing else. */
export function authorOf({ from, from_lid, chat_id }: MessagePayload): string {
  return (from ?? from_lid ?? chat_id).replace(/[@:].*$/s, '')
}

/** A file's ending, by its type. */
export function endingOf(mimetype: string): string {
  const type = mimetype.split(';', 1)[0]!.trim()
  return (
    { 'audio/mpeg': 'mp3', 'audio/mp4': 'm4a' }[type] ?? type.replace(/^.*\/(?:x-)?/, '').replace(/\W/g, '')
  )
}
