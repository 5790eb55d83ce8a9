import type { AnyMessageContent } from '@whiskeysockets/baileys'
import type { SendContent } from '../contract.ts'

/** What Baileys must be given to send this content. A null preview keeps Baileys from fetching links in the text. */
export function toBaileysContent(content: SendContent): AnyMessageContent {
  switch (content.type) {
    case 'text':
      return { text: content.body, linkPreview: null }
  }
}
