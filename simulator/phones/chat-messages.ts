import type { proto } from '@whiskeysockets/baileys'
import type { Account, Addressing } from '../accounts/account.ts'
import type { World } from '../world.ts'
import type { ContactState } from './contact-state.ts'

/** One message as it came to a phone, or as the phone sent it. */
export type ChatMessage = { id: string; from: string; at: number; message: proto.IMessage }

/** A message, who wrote it, and the key that names it from the phone's side. */
export type FoundMessage = { key: proto.IMessageKey; author: Account; message: proto.IMessage }

/** Everything that a phone knows of one chat: a phone number, or a group's jid. */
export function messagesOf({ account, inbox, copies, sent }: ContactState, chat: string): ChatMessage[] {
  const own = [...sent].flatMap(([id, { to, at, message }]) =>
    to === chat ? { id, from: account.pn, at, message } : [],
  )
  const got = inbox.filter(({ group, from }) => (group ?? from) === chat)
  return [...got, ...copies.filter(({ to }) => to === chat), ...own]
}

/** Finds a message of a chat; a direct one is addressed as given. Throws when the phone does not have it. */
export function findMessage(
  world: World,
  contact: ContactState,
  chat: string,
  id: string,
  addressing: Addressing = 'pn',
): FoundMessage {
  const found = messagesOf(contact, chat).find(one => one.id === id)
  const author = found && world.accounts.get(found.from)
  if (!author) throw new Error(`${contact.account.pn} has no message ${id} in ${chat}`)
  const group = world.groups.get(chat)
  const other = world.accounts.get(chat)
  const remoteJid = group?.jid ?? (addressing === 'lid' ? other?.lidJid : other?.jid) ?? ''
  const key = { remoteJid, fromMe: author === contact.account, id }
  return {
    key: group ? { ...key, participant: group.addressOf(author) } : key,
    author,
    message: found.message,
  }
}
