import type { WhatsAppSocket } from '../ports/whatsapp.ts'
import type { SessionActor } from './host/session-actor.ts'

/** The socket of a session that can do things in chats now. */
export function openSocketOf({ socket, state, context, ended }: SessionActor): WhatsAppSocket | null {
  return !ended && state.startsWith('open.') && context.intent === 'none' ? socket : null
}
