import type { PastMessage } from '../../ports/dashboard/history.ts'

/** A message with what later ones did to it. */
export interface Gathered {
  message: PastMessage
  /** The newest one of each who reacted. */
  reactions: { emoji: string; by: string | null }[]
  /** The words as they are now; null: never edited. */
  edited: PastMessage | null
  deleted: PastMessage | null
  /** What it answers, if that is on the page. */
  answers: PastMessage | null
}

/**
 * A page of a chat, given newest first, as it is read, oldest first: reactions, edits and deletions stand with what they are about, or by
 * themselves when that is on another page.
 */
export function gather(page: PastMessage[]): Gathered[] {
  const shown: Gathered[] = []
  const byId = new Map<string, Gathered>()
  for (const message of page.toReversed()) {
    const { type, reply_to: about } = message.message
    const target = about === null ? undefined : byId.get(about)
    if (target !== undefined && type === 'reaction') react(target, message)
    else if (target !== undefined && type === 'edit') target.edited = message
    else if (target !== undefined && type === 'delete') target.deleted = message
    else {
      const one: Gathered = {
        message,
        reactions: [],
        edited: null,
        deleted: null,
        answers: target?.message ?? null,
      }
      shown.push(one)
      byId.set(message.message.message_id, one)
    }
  }
  return shown
}

function react(target: Gathered, { message }: PastMessage): void {
  const by = message.from_me ? '' : (message.participant ?? message.from_lid ?? message.from)
  target.reactions = target.reactions.filter(one => one.by !== by)
  if (message.body) target.reactions.push({ emoji: message.body, by })
}
