import { proto } from '@whiskeysockets/baileys'
import type { MediaHost } from '../media/host.ts'
import { isMediaContent, type MediaContent, mediaMessage } from './media.ts'

/** What stands above the words: a line of text, a place, or something with a file. */
export type Header = string | { location: { latitude: number; longitude: number } } | MediaContent

/** A choice with an id, a link, or a number to call. */
export type Button = { text: string } & ({ id: string } | { url: string } | { call: string })

type Words = { header?: Header; body?: string; footer?: string; buttons?: Button[] }

/** What only businesses send: their words, and what can be tapped below them. */
export type BusinessContent =
  | { template: Words }
  | { interactive: Words & { cards?: Words[] } }
  | { buttons: Words }
  | {
      list: {
        title?: string
        body?: string
        footer?: string
        button: string
        sections: { title?: string; rows: { id: string; title: string; description?: string }[] }[]
      }
    }
  | {
      product: {
        id: string
        title?: string
        description?: string
        currency?: string
        /** In thousandths, as in an order. */
        price?: number
        retailer?: string
        url?: string
        image?: Buffer | string
        /** Phone number of the business. */
        owner?: string
        body?: string
        footer?: string
      }
    }
  | {
      order: {
        id: string
        token?: string
        title?: string
        text?: string
        items?: number
        total?: number
        currency?: string
        /** Phone number of the business. */
        seller?: string
      }
    }

const KINDS = ['template', 'interactive', 'buttons', 'list', 'product', 'order']

export const isBusinessContent = (content: object): content is BusinessContent =>
  KINDS.some(kind => kind in content)

/** The message of a business; the file of its header is encrypted and put on the media host. */
export async function businessMessage(host: MediaHost, content: BusinessContent): Promise<proto.IMessage> {
  if ('template' in content) return templateMessage(host, content.template)
  if ('interactive' in content)
    return { interactiveMessage: await interactiveMessage(host, content.interactive) }
  if ('buttons' in content) return buttonsMessage(host, content.buttons)
  if ('list' in content) {
    const { title, body, footer, button, sections } = content.list
    const rows = sections.map(({ rows, ...section }) => ({
      ...section,
      rows: rows.map(({ id, ...row }) => ({ rowId: id, ...row })),
    }))
    const about = { title, description: body, footerText: footer, buttonText: button, sections: rows }
    return proto.Message.fromObject({ listMessage: { ...about, listType: 1 } })
  }
  if ('product' in content) return productMessage(host, content.product)
  const { id, token, title, text, items, total, currency, seller } = content.order
  const about = {
    orderId: id,
    token,
    orderTitle: title,
    message: text,
    itemCount: items,
    sellerJid: jid(seller),
  }
  return proto.Message.fromObject({
    orderMessage: { ...about, status: 1, surface: 1, totalAmount1000: total, totalCurrencyCode: currency },
  })
}

async function templateMessage(host: MediaHost, { header, body, footer, buttons = [] }: Words) {
  const hydratedTemplate = {
    ...(typeof header === 'string' ? { hydratedTitleText: header } : await mediaHeader(host, header)),
    hydratedContentText: body,
    hydratedFooterText: footer,
    hydratedButtons: buttons.map((button, index) => ({ index, ...hydrated(button) })),
  }
  // As the Cloud API's templates arrive: the same under both names.
  return proto.Message.fromObject({
    templateMessage: { hydratedTemplate, hydratedFourRowTemplate: hydratedTemplate },
  })
}

function hydrated(button: Button) {
  const { text: displayText } = button
  if ('id' in button) return { quickReplyButton: { displayText, id: button.id } }
  if ('url' in button) return { urlButton: { displayText, url: button.url } }
  return { callButton: { displayText, phoneNumber: button.call } }
}

async function interactiveMessage(
  host: MediaHost,
  { header, body, footer, buttons = [], cards }: Words & { cards?: Words[] },
): Promise<proto.Message.IInteractiveMessage> {
  const title = typeof header === 'string' ? { title: header } : await mediaHeader(host, header)
  const inside = cards
    ? { carouselMessage: { cards: await Promise.all(cards.map(card => interactiveMessage(host, card))) } }
    : { nativeFlowMessage: { buttons: buttons.map(flowButton), messageVersion: 1 } }
  return proto.Message.InteractiveMessage.fromObject({
    header: { ...title, hasMediaAttachment: header !== undefined && typeof header !== 'string' },
    ...(body !== undefined && { body: { text: body } }),
    ...(footer !== undefined && { footer: { text: footer } }),
    ...inside,
  })
}

function flowButton(button: Button) {
  const { text: display_text, ...about } = button
  const [name, more] =
    'id' in about
      ? ['quick_reply', about]
      : 'url' in about
        ? ['cta_url', about]
        : ['cta_call', { phone_number: about.call }]
  return { name, buttonParamsJson: JSON.stringify({ display_text, ...more }) }
}

async function buttonsMessage(host: MediaHost, { header, body, footer, buttons = [] }: Words) {
  return proto.Message.fromObject({
    buttonsMessage: {
      ...(typeof header === 'string' ? { text: header } : await mediaHeader(host, header)),
      contentText: body,
      footerText: footer,
      buttons: buttons.map(button => ({
        buttonId: 'id' in button ? button.id : button.text,
        buttonText: { displayText: button.text },
        type: 1,
      })),
    },
  })
}

async function productMessage(
  host: MediaHost,
  about: Extract<BusinessContent, { product: unknown }>['product'],
): Promise<proto.IMessage> {
  const { id, title, description, currency, price, retailer, url, image, owner, body, footer } = about
  const picture = image === undefined ? undefined : await mediaMessage(host, { image })
  const product = {
    productId: id,
    title,
    description,
    currencyCode: currency,
    priceAmount1000: price,
    retailerId: retailer,
    url,
    productImage: picture?.imageMessage,
  }
  return proto.Message.fromObject({ productMessage: { product, businessOwnerJid: jid(owner), body, footer } })
}

async function mediaHeader(host: MediaHost, header: Exclude<Header, string> | undefined) {
  if (header === undefined) return {}
  if (isMediaContent(header)) {
    const message = await mediaMessage(host, header)
    return message.documentWithCaptionMessage?.message ?? message
  }
  const { latitude, longitude } = header.location
  return { locationMessage: { degreesLatitude: latitude, degreesLongitude: longitude } }
}

const jid = (pn: string | undefined) => pn && `${pn}@s.whatsapp.net`
