import type { proto } from '@whiskeysockets/baileys'
import type { ContentReader } from './content-readers.ts'
import { ignored, type SealedKind, type SealedPart } from './parsed-content.ts'

type Key = proto.IMessageKey | null | undefined
type Bytes = Partial<Pick<SealedPart, 'encPayload' | 'encIv'>>

/** What it is once it is opened. */
const TYPES: Record<SealedKind, string> = {
  edit: 'edit',
  eventEdit: 'edit',
  pollEdit: 'edit',
  pollOption: 'edit',
  reaction: 'reaction',
  comment: 'text',
  vote: 'poll_vote',
  eventResponse: 'event_response',
}

/** Numbers of `secretEncType` (WhatsApp Web; Baileys rc14 names the first two). 3 is a schedule, whose key no companion has. */
const SECRET_TYPES: Record<number, SealedKind> = { 1: 'eventEdit', 2: 'edit', 4: 'pollEdit', 5: 'pollOption' }

/** Reads what lies sealed in a message, and which message it is about. */
export const sealed = (
  kind: SealedKind,
  part: (message: proto.IMessage) => { key: Key; bytes: Bytes | null | undefined },
): ContentReader => {
  return message => {
    const { key, bytes } = part(message)
    if (!key?.id) return ignored('sealed for a message that it does not name')
    return {
      type: TYPES[kind],
      replyTo: key.id,
      sealed: { kind, encPayload: bytes?.encPayload, encIv: bytes?.encIv },
    }
  }
}

/** Edits and what else changes a message of one's own, sealed under its secret. */
export const secretEncrypted: ContentReader = message => {
  const change = message.secretEncryptedMessage
  const kind = SECRET_TYPES[change?.secretEncType ?? 0]
  if (kind === undefined) return ignored('sealed under a key that linked devices do not have')
  return sealed(kind, () => ({ key: change?.targetMessageKey, bytes: change }))(message)
}
