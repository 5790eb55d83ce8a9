import type { proto } from '@whiskeysockets/baileys'
import type { ContentReader } from './content-readers.ts'
import { jsonIn } from './json-in.ts'
import { lines, unsupported } from './parsed-content.ts'
import { productIn } from './product-readers.ts'
import { type FilePart, receivedFile } from './received-file.ts'

type Interactive = proto.Message.IInteractiveMessage
type Words = (string | null | undefined)[]

/** What stands above the words of a business: a place, or something with a file. */
interface Header {
  imageMessage?: FilePart | null
  videoMessage?: FilePart | null
  documentMessage?: FilePart | null
  locationMessage?: proto.Message.ILocationMessage | null
}

/** What a business says, or its name if nothing can be read of it. */
export const worded = (name: keyof proto.IMessage, reader: ContentReader): ContentReader => {
  return message => {
    const read = reader(message)
    return 'ignored' in read || read.body || read.file || read.extras ? read : unsupported(name)
  }
}

/** Words of a business with what stands above and below them, each on a line: as text, or as the file that stands above. */
function withHeader(header: Header | null | undefined, words: Words): ReturnType<ContentReader> {
  for (const type of ['image', 'video', 'document'] as const) {
    const part: (FilePart & { caption?: string | null }) | null | undefined = header?.[`${type}Message`]
    if (!part) continue
    return { type, body: lines(words), caption: part.caption || null, file: receivedFile(type, part) }
  }
  return { type: 'text', body: lines([...placeIn(header?.locationMessage), ...words]) }
}

function placeIn(place: proto.Message.ILocationMessage | null | undefined): Words {
  if (!place) return []
  return [place.name, place.address, `${place.degreesLatitude ?? 0},${place.degreesLongitude ?? 0}`]
}

/** A template in any of its forms; some senders fill in several of them with the same. */
export const template: ContentReader = message => {
  const said = message.templateMessage
  if (said?.interactiveMessageTemplate) return readInteractive(said.interactiveMessageTemplate)
  const hydrated = said?.hydratedFourRowTemplate ?? said?.hydratedTemplate
  if (hydrated) {
    return withHeader(hydrated, [
      hydrated.hydratedTitleText,
      hydrated.hydratedContentText,
      hydrated.hydratedFooterText,
      ...(hydrated.hydratedButtons ?? []).map(
        ({ quickReplyButton, urlButton, callButton }) =>
          (quickReplyButton ?? urlButton ?? callButton)?.displayText,
      ),
    ])
  }
  const four = said?.fourRowTemplate
  return withHeader(four, [
    structured(four?.highlyStructuredMessage),
    structured(four?.content),
    structured(four?.footer),
    ...(four?.buttons ?? []).map(({ quickReplyButton, urlButton, callButton }) =>
      structured((quickReplyButton ?? urlButton ?? callButton)?.displayText),
    ),
  ])
}

/** The words of a text that is put together by the phone; without the template of its language only its parameters are known. */
export const structured = (said: proto.Message.IHighlyStructuredMessage | null | undefined): string | null =>
  lines([
    said?.hydratedHsm?.hydratedTemplate?.hydratedContentText,
    ...(said?.hydratedHsm ? [] : (said?.params ?? [])),
  ])

export const interactive: ContentReader = message => readInteractive(message.interactiveMessage ?? {})

function readInteractive(said: Interactive): ReturnType<ContentReader> {
  const cards = said.carouselMessage?.cards ?? []
  const all = [said, ...cards]
  const withFile = all.find(
    ({ header }) => header?.imageMessage ?? header?.videoMessage ?? header?.documentMessage,
  )
  const read = withHeader((withFile ?? said).header, all.flatMap(wordsOf))
  const product = productIn(said.header?.productMessage)
  return product ? { ...read, extras: { product } } : read
}

function wordsOf({ header, body, footer, nativeFlowMessage }: Interactive): Words {
  const buttons = (nativeFlowMessage?.buttons ?? []).flatMap(flowButton)
  return [header?.title, header?.subtitle, body?.text, footer?.text, ...buttons]
}

/** What a button of a native flow shows: its text, and of a list its rows. */
function flowButton({
  buttonParamsJson,
}: proto.Message.InteractiveMessage.NativeFlowMessage.INativeFlowButton): Words {
  const params = jsonIn(buttonParamsJson)
  const sections = listOf(params.sections)
  const rows = sections.flatMap(section => [
    textOf(section.title),
    ...listOf(section.rows).flatMap(row => [textOf(row.title), textOf(row.description)]),
  ])
  return [textOf(params.display_text) ?? textOf(params.title), ...rows]
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : null)
const listOf = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? value.filter(one => typeof one === 'object' && one !== null) : []

export const buttons: ContentReader = message => {
  const said = message.buttonsMessage
  const below = (said?.buttons ?? []).map(({ buttonText }) => buttonText?.displayText)
  return withHeader(said, [said?.text, said?.contentText, said?.footerText, ...below])
}

export const list: ContentReader = message => {
  const { title, description, footerText, buttonText, sections } = message.listMessage ?? {}
  const rows = (sections ?? []).flatMap(({ title, rows }) => [
    title,
    ...(rows ?? []).flatMap(row => [row.title, row.description]),
  ])
  return { type: 'text', body: lines([title, description, footerText, buttonText, ...rows]) }
}
