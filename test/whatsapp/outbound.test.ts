import { generateWAMessageContent } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { toBaileysContent } from '../../src/whatsapp/outbound.ts'

describe('toBaileysContent', () => {
  const content = { type: 'text', to: '998@lid', body: 'see https://example.test/x', reply_to: null } as const

  it('never makes Baileys fetch a link in the text', async () => {
    let asked = 0
    const getUrlInfo = async () => {
      asked++
      return undefined
    }
    const upload = () => Promise.reject(new Error('no media here'))
    const message = await generateWAMessageContent(toBaileysContent(content), { getUrlInfo, upload })
    expect(message.extendedTextMessage?.text).toBe(content.body)
    expect(asked).toBe(0)
  })
})
