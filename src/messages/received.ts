import { z } from 'zod'

/** A received file; `url` comes with each delivery, and `error` when the file could not be had in time. */
export const receivedMedia = z.object({
  /** Hex SHA-256 of the file. */
  id: z.string(),
  mimetype: z.string(),
  filename: z.string().nullable(),
  /** Bytes. */
  size: z.number().int(),
  seconds: z.number().int().nullable(),
})

/** A received file as Laravel gets it: a signed link, and why the file is not there. */
export const deliveredMedia = receivedMedia.extend({ url: z.string(), error: z.string().nullable() })

export type ReceivedMedia = z.infer<typeof receivedMedia>

const jid = z.string()
const text = z.string().nullable()

/** What a message says beyond its words (docs/webhooks.md); the names are those of WhatsApp's Cloud API where it has one. */
const beyondWords = z.object({
  /** The author's WhatsApp user name. */
  username: text,
  /** What `reply_to` names, also when nobody here ever had it. */
  quoted: z
    .object({
      message_id: z.string(),
      from: text,
      from_lid: text,
      type: z.string(),
      text,
      is_status: z.boolean(),
    })
    .nullable(),
  mentions: z.array(z.object({ jid, phone: text })),
  mentions_me: z.boolean(),
  forwarded: z.boolean(),
  view_once: z.boolean(),
  /** Seconds until the message disappears. */
  expires_in: z.number().int().nullable(),
  /** What was tapped; `body` is its words. */
  selection: z
    .object({
      kind: z.enum(['button', 'list', 'template', 'flow']),
      id: z.string(),
      title: text,
      description: text,
      params: z.unknown(),
    })
    .nullable(),
  /** The advertisement that led here. */
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
    .nullable(),
  /** Amounts are in thousandths. */
  order: z
    .object({
      order_id: z.string(),
      token: text,
      text,
      item_count: z.number().int().nullable(),
      total_amount: z.number().nullable(),
      currency: text,
    })
    .nullable(),
  product: z
    .object({
      product_id: z.string(),
      catalog_id: text,
      title: text,
      description: text,
      price_amount: z.number().nullable(),
      currency: text,
      retailer_id: text,
      url: text,
    })
    .nullable(),
  /** The message whose place this one takes: an HD picture after its preview. */
  replaces: text,
  /** The decoded message, with INBOUND_RAW. */
  raw: z.record(z.string(), z.unknown()).nullable(),
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
  message_id: z.string(),
  from: z.string().nullable(),
  from_lid: z.string().nullable(),
  from_me: z.boolean(),
  chat_id: z.string(),
  participant: z.string().nullable(),
  is_group: z.boolean(),
  /** What the group is called; null in other chats, and while it is not known. */
  subject: z.string().nullable(),
  push_name: z.string().nullable(),
  type: z.string(),
  body: z.string().nullable(),
  caption: z.string().nullable(),
  media: receivedMedia.nullable(),
  reply_to: z.string().nullable(),
  timestamp: z.iso.datetime(),
  offline: z.boolean(),
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
