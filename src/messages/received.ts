import { z } from 'zod'

/** A received file; `url` comes with each delivery, and `error` when the file could not be had in time. */
export const receivedMedia = z.object({
  id: z.string().describe('Hex SHA-256 of the file.'),
  mimetype: z.string(),
  filename: z.string().nullable(),
  size: z.number().int().describe('Bytes.'),
  seconds: z.number().int().nullable().describe('How long it plays.'),
  ptt: z.boolean().optional().describe('Of audio: whether it is a voice note.'),
})

/** A received file as Laravel gets it: a signed link, and why the file is not there. */
export const deliveredMedia = receivedMedia.extend({
  ptt: z
    .boolean()
    .nullable()
    .describe(
      'Of audio: whether it is a voice note; null of all else, and of what came before that was kept.',
    ),
  url: z.string().describe('A signed link, which needs no key for 24 h.'),
  error: z.string().nullable().describe('Why the file is not there.'),
})

export type ReceivedMedia = z.infer<typeof receivedMedia>

const jid = z.string()
const text = z.string().nullable()

/** What a message says beyond its words (docs/webhooks.md); the names are those of WhatsApp's Cloud API where it has one. */
const beyondWords = z.object({
  username: text.describe("The author's WhatsApp user name."),
  quoted: z
    .object({
      message_id: z.string(),
      from: text,
      from_lid: text,
      type: z.string(),
      text,
      is_status: z.boolean(),
    })
    .nullable()
    .describe('What `reply_to` names, also when nobody here ever had it.'),
  mentions: z.array(z.object({ jid, phone: text })),
  mentions_me: z.boolean().describe('The account is named.'),
  forwarded: z.boolean(),
  view_once: z.boolean(),
  expires_in: z.number().int().nullable().describe('Seconds until the message disappears.'),
  selection: z
    .object({
      kind: z.enum(['button', 'list', 'template', 'flow']),
      id: z.string(),
      title: text,
      description: text,
      params: z.unknown(),
    })
    .nullable()
    .describe('What was tapped; `body` is its words.'),
  referral: z
    .object({
      source_url: text,
      source_id: text,
      source_type: text,
      headline: text,
      body: text,
      media_type: text,
      ctwa_clid: text,
      entry_point: text,
    })
    .nullable()
    .describe('The advertisement that led here.'),
  order: z
    .object({
      order_id: z.string(),
      token: text,
      text,
      item_count: z.number().int().nullable(),
      total_amount: z.number().nullable().describe('In thousandths.'),
      currency: text,
    })
    .nullable(),
  product: z
    .object({
      product_id: z.string(),
      catalog_id: text,
      title: text,
      description: text,
      price_amount: z.number().nullable().describe('In thousandths.'),
      currency: text,
      retailer_id: text,
      url: text,
    })
    .nullable(),
  replaces: text.describe('The message whose place this one takes: an HD picture after its preview.'),
  raw: z.record(z.string(), z.unknown()).nullable().describe('The decoded message, with `INBOUND_RAW`.'),
})

type BeyondWords = z.infer<typeof beyondWords>

/** What a message says beyond its words if it says nothing. */
const NOTHING_MORE: BeyondWords = {
  username: null,
  quoted: null,
  mentions: [],
  mentions_me: false,
  forwarded: false,
  view_once: false,
  expires_in: null,
  selection: null,
  referral: null,
  order: null,
  product: null,
  replaces: null,
  raw: null,
}

const words = z.object({
  message_id: z.string().describe("WhatsApp's id; ids repeat across sessions."),
  from: text.describe("The author's digits, in groups too; null while WhatsApp gives only a LID."),
  from_lid: text,
  from_me: z.boolean().describe('The account itself wrote it, on its phone.'),
  chat_id: z.string().describe('One person or group is one `chat_id`; a send may name it as `wa_id`.'),
  participant: text.describe("The author's jid in a group."),
  is_group: z.boolean(),
  subject: text.describe('What the group is called; null in other chats, and while it is not known.'),
  push_name: text.describe('What the author calls themself.'),
  type: z
    .string()
    .describe('`text`, `image`, `audio`, `video`, `document`, `sticker`, `location`, `contact`, …'),
  body: text.describe('Its words.'),
  caption: text,
  media: receivedMedia.nullable(),
  reply_to: text.describe('The message that it answers, changes or reacts to.'),
  timestamp: z.iso.datetime(),
  offline: z.boolean().describe('It came while the session was not connected.'),
})

/** A received message as Laravel gets it, without the session id: every key is present. */
export const wholeMessage = words.extend(beyondWords.shape)

/** The part of a received message that only some messages have. */
export type ReceivedExtras = Partial<BeyondWords>

/** A received message as it is stored, a JSON, hence the names; what it does not say beyond its words is left out. */
export type ReceivedContent = z.infer<typeof words> & ReceivedExtras

/** Puts in what a stored message left out, behind what it has, whichever version stored it. */
export const completeMessage = <T extends object>(stored: T): T & BeyondWords => ({
  ...stored,
  ...NOTHING_MORE,
  ...stored,
})

/** A received message without its words: who wrote what kind of message where and when, and what it answers. */
export function namesIn(content: ReceivedContent): ReceivedContent {
  const { message_id, from, from_lid, from_me, chat_id, participant, is_group, type, reply_to } = content
  const { timestamp, offline } = content
  const names = { message_id, from, from_lid, from_me, chat_id, participant, is_group, type, reply_to }
  const wordless = { subject: null, push_name: null, body: null, caption: null, media: null }
  return { ...names, ...wordless, timestamp, offline }
}
