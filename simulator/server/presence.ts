import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Account, Device } from '../accounts/account.ts'
import type { Ledger } from '../ledger.ts'
import type { Presence, PresenceState } from '../phones/presence.ts'
import { children } from '../protocol/stanza.ts'
import type { World } from '../world.ts'

const SILENCE_MS = 10_000

/**
 * Takes `<presence>` and `<chatstate>` from a device, as `sendPresenceUpdate` in Baileys writes them: whoever the account has a
 * direct chat with sees that it is there, whoever is in the chat sees what it does. A `<presence>` without a type means available
 * (WhatsApp Web). False for anything else.
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
  const { type, to, from } = node.attrs
  if (node.tag === 'presence') {
    if (type === 'subscribe') return true
    if (type !== undefined && type !== 'available' && type !== 'unavailable') return false
    const state = type ?? 'available'
    if (state === 'available') becameAvailable(world, device, type ? 'type' : 'no type')
    else device.presence = state
    show(account.directChats, state, null)
    return true
  }
  const [state] = children(node)
  const group = world.groups.get(to ?? '')
  const other = world.accounts.resolve(to)?.account
  if (node.tag !== 'chatstate' || !state || (!group && !other)) return false
  if (state.tag !== 'composing' && state.tag !== 'paused') return false
  if (from)
    world.ledger.wrong.push({ tag: node.tag, attrs: node.attrs, why: 'names its sender', at: Date.now() })
  const doing = state.attrs.media === 'audio' ? 'recording' : state.tag
  show(group?.accounts ?? [other!], doing, group?.jid ?? null)
  return true
}

/** A device that says nothing of itself is taken for available after a while (what users of Baileys see). */
export function expectPresence(world: World, device: Device): void {
  const { connection } = device
  device.presence = null
  world.later(SILENCE_MS, () => {
    const listens =
      device.connection === connection && connection?.ready && !connection.deaf && !connection.silent
    if (listens && device.presence === null) becameAvailable(world, device, 'silence')
  })
}

function becameAvailable(world: World, device: Device, by: Ledger['available'][0]['by']) {
  device.presence = 'available'
  world.ledger.available.push({ device: device.jid, by, at: Date.now() })
}
