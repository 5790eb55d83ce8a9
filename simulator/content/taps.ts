import { proto } from '@whiskeysockets/baileys'

/** What a person tapped below the words of a business. */
export type TapContent =
  | { tap: 'button'; id: string; text?: string }
  | { tap: 'list'; id: string; title?: string; description?: string }
  | { tap: 'template'; id: string; text?: string; index?: number }
  /** `params` is what the flow gives; its id, if it has one, is in there. Phones leave the text out as well as empty. */
  | { tap: 'flow'; name: string; params: Record<string, unknown>; text?: string | null }

export const isTapContent = (content: object): content is TapContent => 'tap' in content

/** The answer that a tap sends. */
export function tapMessage(content: TapContent): proto.IMessage {
  if (content.tap === 'button') {
    const { id, text } = content
    return {
      buttonsResponseMessage: { selectedButtonId: id, ...text_('selectedDisplayText', text), type: 1 },
    }
  }
  if (content.tap === 'template') {
    const { id, text, index = 0 } = content
    const chosen = { selectedId: id, selectedIndex: index, ...text_('selectedDisplayText', text) }
    return { templateButtonReplyMessage: chosen }
  }
  if (content.tap === 'list') {
    const { id, title, description } = content
    const said = { ...text_('title', title), ...text_('description', description) }
    return { listResponseMessage: { ...said, listType: 1, singleSelectReply: { selectedRowId: id } } }
  }
  const { name, params, text } = content
  return proto.Message.fromObject({
    interactiveResponseMessage: {
      ...(text !== undefined && { body: text === null ? {} : { text } }),
      nativeFlowResponseMessage: { name, paramsJson: JSON.stringify(params), version: 3 },
    },
  })
}

const text_ = (name: string, text: string | undefined) => (text === undefined ? {} : { [name]: text })
