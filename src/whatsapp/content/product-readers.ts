import type { proto } from '@whiskeysockets/baileys'
import type { ReceivedExtras } from '../../messages/received.ts'
import type { ContentReader } from './content-readers.ts'
import { lines } from './parsed-content.ts'
import { receivedFile } from './received-file.ts'

/** What is asked about or offered out of a catalogue; null if it has no id. */
export function productIn(said: proto.Message.IProductMessage | null | undefined): ReceivedExtras['product'] {
  const { productId, title, description, currencyCode, priceAmount1000, retailerId, url } =
    said?.product ?? {}
  if (!productId) return null
  return {
    product_id: productId,
    // WhatsApp has a catalogue under the address of its business.
    catalog_id: said?.businessOwnerJid || null,
    title: title || null,
    description: description || null,
    price_amount: amount(priceAmount1000),
    currency: currencyCode || null,
    retailer_id: retailerId || null,
    url: url || null,
  }
}

export const product: ContentReader = message => {
  const said = message.productMessage
  const { title, description, productImage } = said?.product ?? {}
  const { catalog } = said ?? {}
  const words = [said?.body, said?.footer].some(Boolean)
    ? [said?.body, said?.footer]
    : [title ?? catalog?.title, description ?? catalog?.description]
  const found = productIn(said)
  return {
    type: 'product',
    body: lines(words),
    file: receivedFile('image', productImage ?? catalog?.catalogImage),
    ...(found && { extras: { product: found } }),
  }
}

export const order: ContentReader = message => {
  const { orderId, message: text, orderTitle, ...said } = message.orderMessage ?? {}
  const found = orderId && {
    order_id: orderId,
    token: said.token || null,
    text: text || null,
    item_count: amount(said.itemCount),
    total_amount: amount(said.totalAmount1000),
    currency: said.totalCurrencyCode || null,
  }
  return { type: 'order', body: text || orderTitle || null, ...(found && { extras: { order: found } }) }
}

/** protobuf gives numbers or Longs. */
function amount(value: unknown): number | null {
  if (value === null || value === undefined) return null
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : null
}
