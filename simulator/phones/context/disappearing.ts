import { randomInt } from 'node:crypto'
import { proto } from '@whiskeysockets/baileys'
import type { Account, Device } from '../../accounts/account.ts'
import { newerTimer, type Timer } from '../../accounts/timer.ts'
import { contextOf, isShown } from '../../content/context.ts'
import { deliver } from '../../delivery.ts'
import { type Group, inGroup } from '../../groups/group.ts'
import { seconds, stanza } from '../../protocol/stanza.ts'
import type { World } from '../../world.ts'

const { EPHEMERAL_SETTING } = proto.Message.ProtocolMessage.Type
/** DisappearingMode: changed in the chat by its settings, or by the sender's default for new chats. */
const BY_CHAT = { initiator: 0, trigger: 1 }
const BY_ACCOUNT = { initiator: 1, trigger: 2 }

/** Later than a setting before, also within a second. */
const after = (known: Timer | undefined) => Math.max(seconds(), (known?.setAt ?? 0) + 1)

/** The timer of a chat (a phone number, or a group's jid) as this account has it. */
export const timerOf = (world: World, account: Account, chat: string): Timer | undefined =>
  world.groups.get(chat)?.timer ?? account.timers.get(chat)

/** Both sides of a direct chat have the same timer; the newer setting wins. */
export function setTimer(one: Account, other: Account, timer: Timer): void {
  one.timers.set(other.pn, newerTimer(one.timers.get(other.pn), timer))
  other.timers.set(one.pn, newerTimer(other.timers.get(one.pn), timer))
}

/** A setting that this account makes now: seconds, 0 for ever. */
export function newTimer(world: World, account: Account, to: string, expiration: number): Timer {
  const timer = { expiration, setAt: after(timerOf(world, account, to)) }
  const other = world.accounts.get(to)
  const group = world.groups.get(to)
  if (group) group.timer = timer
  else if (other) setTimer(account, other, timer)
  return timer
}

/** Tells an account's linked devices how long messages of chats that begin stay. */
export function setDefaultTimer(world: World, account: Account, expiration: number): void {
  const timer = { expiration, setAt: after(account.defaultTimer) }
  account.defaultTimer = timer
  const id = String(randomInt(1e9))
  const attributes = { from: account.jid, type: 'account_sync', id, t: seconds() }
  const node = stanza('notification', attributes, [
    stanza('disappearing_mode', { duration: timer.expiration, t: timer.setAt }),
  ])
  for (const device of account.devices.values())
    deliver(world, device, { kind: 'notification', id, from: account.pn, node, peer: false })
}

/** The message by which a phone changes the timer of a direct chat. */
export const timerMessage = ({ expiration, setAt }: Timer): proto.IMessage => ({
  protocolMessage: {
    type: EPHEMERAL_SETTING,
    ephemeralExpiration: expiration,
    ephemeralSettingTimestamp: setAt,
  },
})

/**
 * What a phone notes beside everything that it sends into a chat whose messages disappear. A chat that begins has the sender's default.
 */
export function timerContext(
  world: World,
  account: Account,
  to: string,
  message: proto.IMessage,
): proto.IContextInfo | undefined {
  if (!isShown(message)) return undefined
  const other = world.groups.has(to) ? undefined : world.accounts.get(to)
  const begins = other !== undefined && !account.directChats.has(other)
  const known = timerOf(world, account, to)
  const timer = known ?? (begins ? account.defaultTimer : undefined)
  if (!timer?.expiration) return undefined
  if (!known) setTimer(account, other!, timer)
  return {
    expiration: timer.expiration,
    ephemeralSettingTimestamp: timer.setAt,
    disappearingMode: known ? BY_CHAT : BY_ACCOUNT,
  }
}

/** Takes what a linked device sent: a new timer of the chat, or a message that is to stay as long as the chat's timer says. */
export function takeTimer(
  world: World,
  account: Account,
  { device, id, group, begins }: { device: Device; id: string; group: Group | undefined; begins: boolean },
  message: proto.IMessage,
): void {
  const sender = device.account
  const { protocolMessage } = message
  if (protocolMessage?.type === EPHEMERAL_SETTING && !group) {
    const { ephemeralExpiration, ephemeralSettingTimestamp } = protocolMessage
    const setAt = Number(ephemeralSettingTimestamp ?? 0) || seconds()
    setTimer(account, sender, { expiration: ephemeralExpiration ?? 0, setAt })
  }
  if (!isShown(message)) return
  const context = contextOf(message)
  const said = {
    expiration: context?.expiration ?? 0,
    setAt: Number(context?.ephemeralSettingTimestamp ?? 0),
  }
  const known = timerOf(world, account, group?.jid ?? sender.pn)
  const due = known ?? (begins ? sender.defaultTimer : undefined)
  const line = { id, from: sender.pn, to: account.pn, device: device.jid, at: Date.now(), ...inGroup(group) }
  const reason = wrongWith(said, due)
  if (reason) world.ledger.wrongTimers.push({ ...line, reason })
  if (!group && said.expiration > 0 && said.setAt > (known?.setAt ?? 0)) setTimer(account, sender, said)
}

function wrongWith(said: Timer, due: Timer | undefined): string | undefined {
  if (due === undefined || said.setAt > due.setAt) return undefined
  if (due.expiration === 0) return said.expiration ? 'disappears, though the timer is off' : undefined
  if (!said.expiration) return 'will not disappear: no expiration'
  if (!said.setAt) return 'will not disappear: no ephemeralSettingTimestamp'
  if (said.expiration !== due.expiration)
    return `disappears after ${said.expiration} s, not ${due.expiration}`
  return undefined
}
