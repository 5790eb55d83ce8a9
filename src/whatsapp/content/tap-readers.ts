import type { proto } from '@whiskeysockets/baileys'
import type { ReceivedExtras } from '../../messages/received.ts'
import type { ContentReader } from './content-readers.ts'
import { jsonIn } from './json-in.ts'

type Selection = NonNullable<ReceivedExtras['selection']>

interface Tap {
  kind: Selection['kind']
  id: string | null | undefined
  title: string | null | undefined
  description?: string | null | undefined
  params?: Record<string, unknown>
  contextInfo: proto.IContextInfo | null | undefined
}

/** A tap is an answer in words; a phone that leaves them out means those of the message that it answers. */
function tapped({ kind, id, title, description, params, contextInfo }: Tap): ReturnType<ContentReader> {
  const words = title || (id && wordsBehind(id, contextInfo?.quotedMessage)) || null
  return {
    type: 'text',
    body: words || description || id || null,
    ...(id && {
      extras: {
        selection: { kind, id, title: words, description: description || null, params: params ?? null },
      },
    }),
  }
}

export const tappedButton: ContentReader = message => {
  const { selectedButtonId, selectedDisplayText, contextInfo } = message.buttonsResponseMessage ?? {}
  return tapped({ kind: 'button', id: selectedButtonId, title: selectedDisplayText, contextInfo })
}

export const tappedTemplate: ContentReader = message => {
  const { selectedId, selectedDisplayText, contextInfo } = message.templateButtonReplyMessage ?? {}
  return tapped({ kind: 'template', id: selectedId, title: selectedDisplayText, contextInfo })
}

export const tappedRow: ContentReader = message => {
  const { title, description, singleSelectReply, contextInfo } = message.listResponseMessage ?? {}
  return tapped({ kind: 'list', id: singleSelectReply?.selectedRowId, title, description, contextInfo })
}

/** A native flow: buttons and lists of newer businesses, and forms. The id is in its JSON; a form has only a name. */
export const tappedFlow: ContentReader = message => {
  const { body, nativeFlowResponseMessage, contextInfo } = message.interactiveResponseMessage ?? {}
  const { name, paramsJson } = nativeFlowResponseMessage ?? {}
  const params = jsonIn(paramsJson)
  const [id, title, description] = [params.id, params.title, params.description].map(textOf)
  return tapped({
    kind: 'flow',
    id: id ?? name,
    title: body?.text || title || textOf(params.display_text),
    description,
    params,
    contextInfo,
  })
}

const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : null

/** The words of the choice with that id in the message that is answered. */
function wordsBehind(id: string, quoted: proto.IMessage | null | undefined): string | null {
  const { buttonsMessage, listMessage, templateMessage, interactiveMessage } = quoted ?? {}
  const template = templateMessage?.hydratedFourRowTemplate ?? templateMessage?.hydratedTemplate
  const choices = [
    ...(buttonsMessage?.buttons ?? []).map(one => [one.buttonId, one.buttonText?.displayText]),
    ...(listMessage?.sections ?? []).flatMap(({ rows }) => (rows ?? []).map(row => [row.rowId, row.title])),
    ...(template?.hydratedButtons ?? []).map(({ quickReplyButton: one }) => [one?.id, one?.displayText]),
    ...(interactiveMessage?.nativeFlowMessage?.buttons ?? []).map(({ buttonParamsJson }) => {
      const { id, display_text } = jsonIn(buttonParamsJson)
      return [textOf(id), textOf(display_text)]
    }),
  ]
  return choices.find(([of]) => of === id)?.[1] || null
}
