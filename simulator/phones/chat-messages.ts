import type { proto } from '@whiskeysockets/baileys'
import type { Account, InboxMessage } from '../accounts/account.ts'
import type { World } from '../world.ts'
import type { Line } from './chat-view.ts'
import type { Said } from './send-to-device.ts'

/** What one phone knows: what it got, what its devices sent, what it said by id. */
export type Known = {
  account: Account
  inbox: readonly InboxMessage[]
  copies: readonly (InboxMessage & { to: string })[]
  said: ReadonlyMap<string, Said>
}

/** A message, who wrote it, and the key that names it from the phone's side. */
export type Found = { key: proto.IMessageKey; author: Account; message: proto.IMessage }

/** Everything that a phone knows of one chat: a phone number, or a group's jid. */
export function linesOf({ account, inbox, copies, said }: Known, chat: string): Line[] {
  const own = [...said].flatMap(([id, { to, at, message }]) =>
    to === chat ? { id, from: account.pn, at, message } : [],
  )
  const got = inbox.filter(({ group, from }) => (group ?? from) === chat)
  return [...got, ...copies.filter(({ to }) => to === chat), ...own]
}

/** Finds a message of a chat. Throws when the phone does not have it. */
export function findIn(world: World, known: Known, chat: string, id: string): Found {
  const line = linesOf(known, chat).find(one => one.id === id)
  const author = line && world.accounts.get(line.from)
  if (!author) throw new Error(`${known.account.pn} has no message ${id} in ${chat}`)
  const group = world.groups.get(chat)
  const remoteJid = group?.jid ?? world.accounts.get(chat)?.jid ?? ''
  const key = { remoteJid, fromMe: author === known.account, id }
  return {
    key: group ? { ...key, participant: group.addressOf(author) } : key,
    author,
    message: line.message,
  }
}
