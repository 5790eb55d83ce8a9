import { stat } from 'node:fs/promises'
import { proto } from '@whiskeysockets/baileys'
import { z } from 'zod'
import type { BusinessContent, Header } from '../content/business.ts'
import { DUAL_MEDIA } from '../content/dual-media.ts'
import { MEDIA_KINDS, type MediaContent } from '../content/media.ts'
import { VIEW_ONCE } from '../content/view-once.ts'
import { MAX_MEDIA_BYTES } from '../media/host.ts'
import type { Sayable, SayOptions } from '../phones/send.ts'
import { Addressing, At, Chat, defined, Pn } from './requests.ts'

/** The most that comes inside a request, in bytes; larger files are named by path. */
const MAX_INLINE_BYTES = 16 * 1024 * 1024

const Media = z
  .strictObject({
    kind: z.enum(MEDIA_KINDS),
    base64: z.base64().optional(),
    path: z.string().min(1).optional(),
    mimetype: z.string().optional(),
    caption: z.string().optional(),
    filename: z.string().optional(),
    ptt: z.boolean().optional(),
    seconds: z.int().min(0).optional(),
    waveform: z.base64().optional(),
    viewOnce: z.literal(true).optional(),
  })
  .refine(({ base64, path }) => (base64 === undefined) !== (path === undefined), 'either base64 or path')
const Poll = z.strictObject({
  name: z.string(),
  options: z.array(z.string()).min(1),
  selectable: z.int().min(0).optional(),
})
const Event = z.strictObject({
  name: z.string(),
  description: z.string().optional(),
  /** Seconds since 1970. */
  startTime: z.int().optional(),
})
const Location = z.strictObject({ location: z.strictObject({ latitude: z.number(), longitude: z.number() }) })
const text = z.string()
const Button = z.union([
  z.strictObject({ text, id: text }),
  z.strictObject({ text, url: text }),
  z.strictObject({ text, call: text }),
])
const Words = z.strictObject({
  header: z.union([text, Location, z.strictObject({ media: Media })]).optional(),
  body: text.optional(),
  footer: text.optional(),
  buttons: z.array(Button).optional(),
})
const Row = z.strictObject({ id: text, title: text, description: text.optional() })
const List = z.strictObject({
  title: text.optional(),
  body: text.optional(),
  footer: text.optional(),
  button: text,
  sections: z.array(z.strictObject({ title: text.optional(), rows: z.array(Row) })),
})
const Product = z.strictObject({
  id: text,
  title: text.optional(),
  description: text.optional(),
  currency: text.optional(),
  price: z.int().optional(),
  retailer: text.optional(),
  url: text.optional(),
  owner: Pn.optional(),
  body: text.optional(),
  footer: text.optional(),
})
const Order = z.strictObject({
  id: text,
  token: text.optional(),
  title: text.optional(),
  text: text.optional(),
  items: z.int().optional(),
  total: z.int().optional(),
  currency: text.optional(),
  seller: Pn.optional(),
})
const Tap = z.discriminatedUnion('tap', [
  z.strictObject({ tap: z.literal('button'), id: text, text: text.optional() }),
  z.strictObject({
    tap: z.literal('list'),
    id: text,
    title: text.optional(),
    description: text.optional(),
  }),
  z.strictObject({ tap: z.literal('template'), id: text, text: text.optional(), index: z.int().optional() }),
  z.strictObject({
    tap: z.literal('flow'),
    name: text,
    params: z.record(z.string(), z.unknown()),
    text: text.nullable().optional(),
  }),
])
/** A message as protobuf's JSON, bytes in base64. */
const Message = z.record(z.string(), z.unknown())

const contents = {
  text: text.optional(),
  media: Media.optional(),
  poll: Poll.optional(),
  event: Event.optional(),
  template: Words.optional(),
  interactive: Words.extend({ cards: z.array(Words).optional() }).optional(),
  buttons: Words.optional(),
  list: List.optional(),
  product: Product.optional(),
  order: Order.optional(),
  tapped: Tap.optional(),
  message: Message.optional(),
  raw: z.base64().optional(),
}
const CONTENTS = Object.keys(contents) as (keyof typeof contents)[]

export const Say = z
  .strictObject({
    ...contents,
    to: Chat,
    addressing: Addressing.optional(),
    at: At.optional(),
    id: z.string().min(1).optional(),
    status: z.literal(true).optional(),
    anonymous: z.literal(true).optional(),
    unavailable: z.union([z.literal(true), z.string().min(1)]).optional(),
    forgetsTimer: z.literal(true).optional(),
    viewOnce: z.enum(VIEW_ONCE).optional(),
    parentOf: z.enum(DUAL_MEDIA).optional(),
    childOf: z.strictObject({ id: z.string().min(1), as: z.enum([...DUAL_MEDIA, 'album']) }).optional(),
    stanzaType: z.string().optional(),
    meta: z.record(z.string(), z.string()).optional(),
    name: z.string().optional(),
    quote: z
      .strictObject({
        id: z.string().min(1),
        from: Pn.optional(),
        message: z.union([text, Message.transform(decoded)]).optional(),
        in: text.optional(),
      })
      .transform(about => defined(about))
      .optional(),
    mentions: z.array(Pn).optional(),
    mentionsAll: z.literal(true).optional(),
    forwarded: z.int().min(1).optional(),
    ad: z.record(z.string(), z.union([text, z.number(), z.boolean()])).optional(),
  })
  .refine(
    given => CONTENTS.filter(name => given[name] !== undefined).length === 1,
    `one of ${CONTENTS.join(', ')}`,
  )

type Given = Omit<z.output<typeof Say>, 'to' | 'name'>

/** What is to be said, and how. */
export async function sayableOf(given: Given): Promise<{ content: Sayable; about: SayOptions }> {
  const about = Object.fromEntries(
    Object.entries(given).filter(([name, value]) => !(name in contents) && value !== undefined),
  )
  return { content: await contentOf(given), about }
}

async function contentOf(given: Given): Promise<Sayable> {
  const { text, media, poll, event, tapped, message, raw, list, product, order } = given
  if (text !== undefined) return text
  if (media) return fileOf(media)
  if (poll) return { poll: defined(poll) }
  if (raw !== undefined) return { raw: Buffer.from(raw, 'base64') }
  if (event) return { eventMessage: defined(event) }
  if (tapped) return defined(tapped) as Sayable
  if (message) return decoded(message)
  if (list || product || order) return defined({ list, product, order }) as BusinessContent
  const [[kind, words]] = Object.entries(
    defined({ template: given.template, interactive: given.interactive, buttons: given.buttons }),
  ) as [[string, z.output<typeof Words> & { cards?: z.output<typeof Words>[] }]]
  const cards = words.cards && (await Promise.all(words.cards.map(withHeader)))
  return { [kind]: { ...(await withHeader(words)), ...(cards && { cards }) } } as BusinessContent
}

async function withHeader({ header, ...words }: z.output<typeof Words>) {
  if (header === undefined) return defined(words)
  const above: Header = typeof header === 'object' && 'media' in header ? await fileOf(header.media) : header
  return { ...defined(words), header: above }
}

function decoded(message: Record<string, unknown>): proto.IMessage {
  return proto.Message.decode(proto.Message.encode(proto.Message.fromObject(message)).finish())
}

async function fileOf({
  kind,
  base64,
  path,
  waveform,
  ...about
}: z.output<typeof Media>): Promise<MediaContent> {
  const bytes = base64 === undefined ? undefined : Buffer.from(base64, 'base64')
  const size = bytes?.length ?? (await stat(path!)).size
  const most = bytes ? MAX_INLINE_BYTES : MAX_MEDIA_BYTES
  if (size > most) throw new Error(`${size} bytes are more than ${most}`)
  const voice = waveform === undefined ? {} : { waveform: Buffer.from(waveform, 'base64') }
  return { [kind]: bytes ?? path!, ...defined(about), ...voice } as MediaContent
}
