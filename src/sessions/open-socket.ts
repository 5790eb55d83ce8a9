import type { WhatsAppSocket } from '../ports/whatsapp.ts'
import type { SessionActor } from './host/session-actor.ts'

/** The socket of a session that can do things in chats now. */
export function openSocketOf(actor: SessionActor): WhatsAppSocket | null {
  return !actor.ended && actor.hasTag('usable') ? actor.socket : null
}
