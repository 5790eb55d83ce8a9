import { createHash } from 'node:crypto'
import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Account, Device } from '../accounts/account.ts'
import { child, children } from '../protocol/stanza.ts'
import type { World } from '../world.ts'

/**
 * The hash of the devices for which a direct message should have been encrypted, the sender's others among them; undefined if it
 * was, or is for one device alone. As whatsmeow's `participantListHashV2` says it.
 */
export function missedHash(
  world: World,
  sender: Device,
  target: Account | undefined,
  message: BinaryNode,
): string | undefined {
  const participants = child(message, 'participants')
  if (!participants || !target) return undefined
  const isLid = message.attrs.to?.endsWith('@lid')
  const due = [...new Set([target, sender.account])].flatMap(account =>
    [0, ...account.devices.keys()]
      .filter(id => account.devices.get(id) !== sender)
      .map(id => ({ key: `${account.pn}:${id}`, name: nameOf(isLid ? account.lidJid : account.jid, id) })),
  )
  const reached = new Set(
    children(participants).map(({ attrs }) => {
      const found = world.accounts.resolve(attrs.jid)
      return `${found?.account.pn}:${found?.device}`
    }),
  )
  if (due.every(({ key }) => reached.has(key))) return undefined
  const names = due.map(({ name }) => name).sort()
  const hash = createHash('sha256').update(names.join('')).digest()
  return `2:${hash.subarray(0, 6).toString('base64')}`
}

const nameOf = (jid: string, device: number) => jid.replace('@', `.0:${device}@`)
