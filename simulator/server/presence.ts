import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Account, Device } from '../accounts/account.ts'
import type { Addressing } from '../groups/group.ts'
import { children, stanza } from '../protocol/stanza.ts'
import type { World } from '../world.ts'

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

/**
 * Takes `<presence>` and `<chatstate>` from a device, as `sendPresenceUpdate` in Baileys writes them: whoever the account has a
 * direct chat with sees that it is there, whoever is in the chat sees what it does. False for anything else.
 */
export function takePresence(world: World, device: Device, node: BinaryNode): boolean {
  const { account } = device
  const show = (to: Iterable<Account>, state: PresenceState, group: string | null) => {
    const seen: Presence = { from: account.pn, device: device.jid, state, group, at: Date.now() }
    for (const one of to) if (one !== account) world.contacts.get(one)?.see(seen)
  }
  const { type, to } = node.attrs
  if (node.tag === 'presence') {
    if (type === 'available' || type === 'unavailable') show(account.partners, type, null)
    // Without a type it tells a new name.
    return [undefined, 'available', 'unavailable', 'subscribe'].includes(type)
  }
  const [state] = children(node)
  const group = world.groups.get(to ?? '')
  const other = world.accounts.resolve(to)?.account
  if (node.tag !== 'chatstate' || !state || (!group && !other)) return false
  if (state.tag !== 'composing' && state.tag !== 'paused') return false
  const doing = state.attrs.media === 'audio' ? 'recording' : state.tag
  show(group?.accounts ?? [other!], doing, group?.jid ?? null)
  return true
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
