import type { proto } from '@whiskeysockets/baileys'
import type { WholeMessage } from '../protobuf/newer-fields.ts'
import { type Ignored, lines, type ParsedContent } from './parsed-content.ts'
import { type FilePart, receivedFile } from './received-file.ts'

type Message = WholeMessage

/** Reads one field of a message. What it does not give is null. */
export type ContentReader = (message: Message) => (Partial<ParsedContent> & { type: string }) | Ignored

export const text = (body: (message: Message) => string | null | undefined): ContentReader => {
  return message => ({ type: 'text', body: body(message) ?? null })
}
export const media = (
  type: 'image' | 'video' | 'audio' | 'document' | 'sticker',
  part: (
    message: Message,
  ) => (FilePart & { caption?: string | null; viewOnce?: boolean | null }) | null | undefined,
): ContentReader => {
  return message => {
    const content = part(message)
    const once = content?.viewOnce && { extras: { view_once: true } }
    return { type, caption: content?.caption || null, file: receivedFile(type, content), ...once }
  }
}
export const location = (
  part: (
    message: Message,
  ) => proto.Message.ILocationMessage | proto.Message.ILiveLocationMessage | null | undefined,
): ContentReader => {
  return message => {
    const { degreesLatitude, degreesLongitude, ...content } = part(message) ?? {}
    const words =
      'caption' in content ? [content.caption] : 'name' in content ? [content.name, content.address] : []
    return {
      type: 'location',
      body: `${degreesLatitude ?? 0},${degreesLongitude ?? 0}`,
      caption: lines(words),
    }
  }
}
export const contacts = (
  part: (message: Message) => (proto.Message.IContactMessage | null | undefined)[] | null | undefined,
): ContentReader => {
  return message => {
    const all = part(message) ?? []
    return {
      type: 'contact',
      body: lines(all.map(one => one?.vcard)),
      caption: lines(all.map(one => one?.displayName)),
    }
  }
}
export const poll = (
  part: (message: Message) => proto.Message.IPollCreationMessage | null | undefined,
): ContentReader => {
  return message => {
    const { name, options } = part(message) ?? {}
    return { type: 'poll', body: name ?? null, caption: lines((options ?? []).map(one => one.optionName)) }
  }
}
/** An answer in words to a question or a status. */
export const answer = (
  part: (message: Message) => { key?: proto.IMessageKey | null; text?: string | null } | null | undefined,
): ContentReader => {
  return message => ({
    type: 'text',
    body: part(message)?.text || null,
    replyTo: part(message)?.key?.id || null,
  })
}
export const channelInvite = (
  part: (message: Message) => { newsletterName?: string | null; caption?: string | null } | null | undefined,
): ContentReader => {
  return message => ({
    type: 'group_invite',
    body: part(message)?.newsletterName || null,
    caption: part(message)?.caption || null,
  })
}
