import type { Account, Addressing } from '../accounts/account.ts'
import { stanza } from '../protocol/stanza.ts'

export type PresenceState = 'available' | 'unavailable' | 'composing' | 'recording' | 'paused'

/** What a contact sees of an account: that it is there, or what it does in a chat. */
export type Presence = {
  /** Phone number. */
  from: string
  device: string
  state: PresenceState
  /** The group's jid; null in a direct chat, and for `available` and `unavailable`. */
  group: string | null
  /** Milliseconds since 1970. */
  at: number
}

/** Shows every active device of an account what a contact does; who is away never learns of it. */
export function showPresence(from: Account, to: Account, state: PresenceState, addressing: Addressing): void {
  const jid = addressing === 'lid' ? from.lidJid : from.jid
  const media = state === 'recording' ? 'audio' : undefined
  const node =
    state === 'available' || state === 'unavailable'
      ? stanza('presence', { from: jid, type: state === 'unavailable' ? state : undefined })
      : stanza('chatstate', { from: jid }, [stanza(state === 'recording' ? 'composing' : state, { media })])
  for (const device of to.devices.values()) if (device.connection?.ready) device.connection.send(node)
}
