import type { Keys } from './auth-folder.ts'

/** How the address of a LID ends in Baileys 7, before its device: `123_1.0`. */
const LID = '_1'
const NAMED_BY_ADDRESS = ['session', 'identity-key', 'sender-key'] as const

/**
 * The keys of an older Baileys under the names that 7 looks for; those of 7 stay as they are.
 *
 * - Baileys 6 writes the address of a LID like that of a number (jidToSignalProtocolAddress). Whose LID is not known is kept under both
 *   names: only the right one is ever asked for.
 * - Baileys 7 moves a peer's sessions to the LID once it learns it, but only those of devices that it has in a list (migrateSession), and
 *   Baileys 6 has none: here the devices with which there are sessions are listed.
 */
export function withTodaysNames(given: Keys): Keys {
  const keys: Keys = { ...given }
  if (!NAMED_BY_ADDRESS.some(type => Object.keys(given[type] ?? {}).some(isTyped)))
    for (const type of NAMED_BY_ADDRESS)
      if (given[type] !== undefined) keys[type] = underBothNames(given[type], given['lid-mapping'] ?? {})
  const lists = deviceLists(keys.session ?? {}, given['device-list'] ?? {})
  if (Object.keys(lists).length > 0) keys['device-list'] = { ...lists, ...given['device-list'] }
  return keys
}

interface Address {
  /** What stands before the user: nothing, or the group of a sender key. */
  before: string
  user: string
  /** What stands behind it: the device. */
  behind: string
}

/** `group::user::device`, or `user.device`. */
function addressOf(id: string): Address {
  const [, before = '', user = id, behind = ''] = /^(.+::)?(.+?)(::\d+|\.\d+)$/.exec(id) ?? []
  return { before, user, behind }
}

const isTyped = (id: string) => addressOf(id).user.includes('_')

function underBothNames(values: Record<string, unknown>, lids: Record<string, unknown>) {
  const named: Record<string, unknown> = {}
  for (const [id, value] of Object.entries(values)) {
    const { before, user, behind } = addressOf(id)
    const isLid = `${user}_reverse` in lids
    if (!isLid) named[id] = value
    if (isLid || !(user in lids)) named[`${before}${user}${LID}${behind}`] = value
  }
  return named
}

function deviceLists(sessions: Record<string, unknown>, known: Record<string, unknown>) {
  const lists: Record<string, string[]> = {}
  for (const id of Object.keys(sessions)) {
    const { user, behind } = addressOf(id)
    if (user.includes('_') || user in known) continue
    lists[user] ??= []
    lists[user].push(behind.slice(1))
  }
  return lists
}
