import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Account, Device } from '../accounts/account.ts'
import type { Presence, PresenceState } from '../phones/presence.ts'
import { children } from '../protocol/stanza.ts'
import type { World } from '../world.ts'

/**
 * Takes `<presence>` and `<chatstate>` from a device, as `sendPresenceUpdate` in Baileys writes them: whoever the account has a
 * direct chat with sees that it is there, whoever is in the chat sees what it does. False for anything else.
 */
export function takePresence(world: World, device: Device, node: BinaryNode): boolean {
  const { account } = device
  const show = (to: Iterable<Account>, state: PresenceState, group: string | null) => {
    const presence: Presence = { from: account.pn, device: device.jid, state, group, at: Date.now() }
    for (const one of to) {
      const contact = one === account ? undefined : world.contacts.get(one)
      if (!contact) continue
      contact.presences.push(presence)
      world.events.emit('presence', { contact: one.pn, presence })
    }
  }
  const { type, to } = node.attrs
  if (node.tag === 'presence') {
    if (type === 'available' || type === 'unavailable') show(account.directChats, type, null)
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
