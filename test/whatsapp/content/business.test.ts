import { proto } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { readContent } from '../../../src/whatsapp/content/read-content.ts'

function read(message: proto.IMessage) {
  const said = readContent(proto.Message.decode(proto.Message.encode(message).finish()))
  if ('ignored' in said) throw new Error(said.ignored)
  return said
}
const file = {
  directPath: '/v/t62/file',
  mediaKey: Buffer.alloc(32, 9),
  fileSha256: Buffer.alloc(32, 7),
  fileEncSha256: Buffer.alloc(32, 8),
  fileLength: 12,
  mimetype: 'image/png',
}
const quick = (displayText: string, id: string) => ({ quickReplyButton: { displayText, id } })
const row = (title: string, rowId: string, description?: string) => ({
  title,
  rowId,
  ...(description && { description }),
})
const flow = (buttonParamsJson: string, name = 'quick_reply') => ({ name, buttonParamsJson })

describe('the words of a business', () => {
  const words = {
    hydratedContentText: 'Your order',
    hydratedFooterText: 'Shop',
    hydratedButtons: [
      quick('Yes', 'y'),
      { urlButton: { displayText: 'Open', url: 'https://x' } },
      { callButton: { displayText: 'Call', phoneNumber: '+1' } },
    ],
  }
  const below = 'Your order\nShop\nYes\nOpen\nCall'

  it.each<[string, proto.IMessage, string, string | null]>([
    [
      'a template',
      { templateMessage: { hydratedFourRowTemplate: { ...words, hydratedTitleText: 'Hello' } } },
      'text',
      `Hello\n${below}`,
    ],
    ['its other form', { templateMessage: { hydratedTemplate: words } }, 'text', below],
    [
      'with a place',
      {
        templateMessage: {
          hydratedTemplate: {
            ...words,
            locationMessage: { degreesLatitude: 1.5, degreesLongitude: 2, name: 'Sol' },
          },
        },
      },
      'text',
      `Sol\n1.5,2\n${below}`,
    ],
    [
      'with a picture',
      { templateMessage: { hydratedFourRowTemplate: { ...words, imageMessage: file } } },
      'image',
      below,
    ],
    [
      'with a film',
      { templateMessage: { hydratedFourRowTemplate: { ...words, videoMessage: file } } },
      'video',
      below,
    ],
    [
      'with a paper',
      { templateMessage: { hydratedFourRowTemplate: { ...words, documentMessage: file } } },
      'document',
      below,
    ],
    [
      'inside an interactive one',
      { templateMessage: { interactiveMessageTemplate: { body: { text: 'Hi' } } } },
      'text',
      'Hi',
    ],
    [
      'put together by the phone',
      { templateMessage: { fourRowTemplate: { content: { params: ['Ana', '3'] } } } },
      'text',
      'Ana\n3',
    ],
    [
      'older still',
      { highlyStructuredMessage: { hydratedHsm: { hydratedTemplate: words } } },
      'text',
      'Your order',
    ],
    [
      'buttons',
      {
        buttonsMessage: {
          text: 'Head',
          contentText: 'Sure?',
          footerText: 'Foot',
          buttons: [{ buttonId: 'y', buttonText: { displayText: 'Yes' } }],
        },
      },
      'text',
      'Head\nSure?\nFoot\nYes',
    ],
    [
      'buttons under a picture',
      { buttonsMessage: { contentText: 'Sure?', imageMessage: file, buttons: [] } },
      'image',
      'Sure?',
    ],
    [
      'a list',
      {
        listMessage: {
          title: 'T',
          description: 'D',
          footerText: 'F',
          buttonText: 'B',
          sections: [{ title: 'S', rows: [row('R1', 'r1', 'one'), row('R2', 'r2')] }],
        },
      },
      'text',
      'T\nD\nF\nB\nS\nR1\none\nR2',
    ],
    [
      'a flow',
      {
        interactiveMessage: {
          header: { title: 'H' },
          body: { text: 'B' },
          footer: { text: 'F' },
          nativeFlowMessage: {
            buttons: [
              flow('{"display_text":"Go","id":"g"}'),
              flow(
                '{"title":"Menu","sections":[{"title":"S","rows":[{"title":"R","description":"d","id":"1"}]}]}',
                'single_select',
              ),
              flow('not json'),
              flow('{"display_text":7}'),
            ],
          },
        },
      },
      'text',
      'H\nB\nF\nGo\nMenu\nS\nR\nd',
    ],
    [
      'a carousel',
      {
        interactiveMessage: {
          body: { text: 'Ours' },
          carouselMessage: {
            cards: [{ header: { imageMessage: file }, body: { text: 'One' } }, { body: { text: 'Two' } }],
          },
        },
      },
      'image',
      'Ours\nOne\nTwo',
    ],
    [
      'an offer',
      {
        productMessage: {
          body: 'Look',
          footer: 'F',
          product: { productId: 'p', title: 'Shoe', productImage: file },
        },
      },
      'product',
      'Look\nF',
    ],
    [
      'an offer without words',
      { productMessage: { product: { productId: 'p', title: 'Shoe', description: 'Red' } } },
      'product',
      'Shoe\nRed',
    ],
    [
      'an order',
      { orderMessage: { orderId: 'o', message: 'Two please', orderTitle: 'Shop' } },
      'order',
      'Two please',
    ],
  ])('are read from %s', (_, message, type, body) => {
    const said = read(message)
    expect(said).toMatchObject({ type, body })
    if (['image', 'video', 'document'].includes(type)) expect(said.file?.source.kind).toBe(type)
  })

  it.each([
    'templateMessage',
    'interactiveMessage',
    'buttonsMessage',
    'listMessage',
    'productMessage',
    'orderMessage',
    'highlyStructuredMessage',
  ])('are unsupported in an empty %s', name =>
    expect(read({ [name]: {} })).toMatchObject({ type: 'unsupported', body: name }))

  it('come with the amounts in thousandths, as numbers', () => {
    const order = {
      orderId: 'o',
      token: 't',
      itemCount: 2,
      totalAmount1000: 2_147_483_648_000,
      totalCurrencyCode: 'EUR',
    }
    expect(read({ orderMessage: order }).extras).toEqual({
      order: {
        order_id: 'o',
        token: 't',
        text: null,
        item_count: 2,
        total_amount: 2_147_483_648_000,
        currency: 'EUR',
      },
    })
    const product = {
      productId: 'p',
      title: 'Shoe',
      priceAmount1000: 19_990,
      currencyCode: 'EUR',
      retailerId: 'SKU',
      url: 'https://x',
    }
    expect(read({ productMessage: { product, businessOwnerJid: '34@s.whatsapp.net' } }).extras).toEqual({
      product: {
        product_id: 'p',
        catalog_id: '34@s.whatsapp.net',
        title: 'Shoe',
        description: null,
        price_amount: 19_990,
        currency: 'EUR',
        retailer_id: 'SKU',
        url: 'https://x',
      },
    })
  })
})

describe('a tap', () => {
  const choice = (kind: string, id: string, more: object = {}) => ({
    kind,
    id,
    title: null,
    description: null,
    params: null,
    ...more,
  })

  it.each<[string, proto.IMessage, string | null, object | undefined]>([
    [
      'on a button',
      { buttonsResponseMessage: { selectedButtonId: 'y', selectedDisplayText: 'Yes' } },
      'Yes',
      choice('button', 'y', { title: 'Yes' }),
    ],
    [
      'on a template',
      { templateButtonReplyMessage: { selectedId: 'y', selectedDisplayText: 'Yes', selectedIndex: 1 } },
      'Yes',
      choice('template', 'y', { title: 'Yes' }),
    ],
    [
      'on a row',
      {
        listResponseMessage: { title: 'R1', description: 'one', singleSelectReply: { selectedRowId: 'r1' } },
      },
      'R1',
      choice('list', 'r1', { title: 'R1', description: 'one' }),
    ],
    [
      'on a flow',
      {
        interactiveResponseMessage: {
          body: { text: 'Go' },
          nativeFlowResponseMessage: { name: 'quick_reply', paramsJson: '{"id":"g"}' },
        },
      },
      'Go',
      choice('flow', 'g', { title: 'Go', params: { id: 'g' } }),
    ],
    [
      'on a row of a flow, without a body',
      {
        interactiveResponseMessage: {
          nativeFlowResponseMessage: {
            name: 'menu_options',
            paramsJson: '{"id":"r","title":"Row","description":"d"}',
          },
        },
      },
      'Row',
      choice('flow', 'r', {
        title: 'Row',
        description: 'd',
        params: { id: 'r', title: 'Row', description: 'd' },
      }),
    ],
    [
      'of a form',
      {
        interactiveResponseMessage: {
          body: {},
          nativeFlowResponseMessage: { name: 'galaxy_message', paramsJson: '{"city":"Sol"}' },
        },
      },
      'galaxy_message',
      choice('flow', 'galaxy_message', { params: { city: 'Sol' } }),
    ],
    [
      'with JSON that is none',
      {
        interactiveResponseMessage: {
          body: { text: 'Go' },
          nativeFlowResponseMessage: { name: 'n', paramsJson: `${'['.repeat(50_000)}` },
        },
      },
      'Go',
      choice('flow', 'n', { title: 'Go', params: {} }),
    ],
    [
      'with JSON of endless depth',
      {
        interactiveResponseMessage: {
          body: { text: 'Go' },
          nativeFlowResponseMessage: {
            name: 'n',
            paramsJson: `{"id":${'['.repeat(9000)}${']'.repeat(9000)}}`,
          },
        },
      },
      'Go',
      choice('flow', 'n', { title: 'Go', params: {} }),
    ],
    ['without an id', { buttonsResponseMessage: { selectedDisplayText: 'Yes' } }, 'Yes', undefined],
  ])('%s says what was chosen', (_, message, body, selection) => {
    const said = read(message)
    expect(said).toMatchObject({ type: 'text', body })
    expect(said.extras.selection).toEqual(selection)
  })

  it.each<[string, proto.IMessage]>([
    ['buttons', { buttonsMessage: { buttons: [{ buttonId: 'y', buttonText: { displayText: 'Yes' } }] } }],
    [
      'a template',
      { templateMessage: { hydratedFourRowTemplate: { hydratedButtons: [quick('Yes', 'y')] } } },
    ],
    ['a list', { listMessage: { sections: [{ rows: [row('Yes', 'y')] }] } }],
    [
      'a flow',
      { interactiveMessage: { nativeFlowMessage: { buttons: [flow('{"display_text":"Yes","id":"y"}')] } } },
    ],
  ])('without words has those of the quoted %s', (_, quotedMessage) => {
    const contextInfo = { stanzaId: 'Q', quotedMessage }
    const said = read({ buttonsResponseMessage: { selectedButtonId: 'y', contextInfo } })
    expect(said).toMatchObject({
      body: 'Yes',
      replyTo: 'Q',
      extras: { selection: { id: 'y', title: 'Yes' } },
    })
  })
})
