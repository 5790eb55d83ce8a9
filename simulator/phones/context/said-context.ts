import type { proto } from '@whiskeysockets/baileys'
import type { Account, Addressing } from '../../accounts/account.ts'
import { type Advertisement, adContext, quotable } from '../../content/context.ts'
import type { World } from '../../world.ts'
import { findMessage } from '../chat-messages.ts'
import type { ContactState } from '../contact-state.ts'

/** What a message answers. Who wrote it and what it says is looked up in the chat unless given, as for what only the sender has. */
export type Quote = {
  id: string
  /** Phone number of its author. */
  from?: string
  /** What it says. */
  message?: string | proto.IMessage
  /** The jid of another chat that it is from: a group, or `status@broadcast`. */
  in?: string
}

/** What a message says beside its content. */
export type SaidBeside = {
  quote?: Quote
  /** Phone numbers that its text names with `@`. */
  mentions?: string[]
  /** It names a whole group (`@all`). */
  mentionsAll?: true
  /** How often it was forwarded. */
  forwarded?: number
  /** The advertisement that its sender came by. */
  ad?: Advertisement
}

/** The context of a message to a chat (a phone number, or a group's jid). Throws for a quote of what nobody has. */
export function saidContext(
  world: World,
  contact: ContactState,
  to: string,
  addressing: Addressing,
  { quote, mentions, mentionsAll, forwarded, ad }: SaidBeside,
): proto.IContextInfo {
  const group = world.groups.get(to)
  const nameOf = (account: Account) =>
    group ? group.addressOf(account) : addressing === 'lid' ? account.lidJid : account.jid
  return {
    ...(quote && quoteOf(world, contact, to, quote, nameOf)),
    ...(mentions && { mentionedJid: mentions.map(pn => nameOf(world.accounts.ensure(pn))) }),
    ...(mentionsAll && { nonJidMentions: 1 }),
    ...(forwarded && { isForwarded: true, forwardingScore: forwarded }),
    ...(ad && adContext(ad)),
  }
}

function quoteOf(
  world: World,
  contact: ContactState,
  to: string,
  quote: Quote,
  nameOf: (account: Account) => string,
): proto.IContextInfo {
  const { id, from, message, in: chat } = quote
  const found = from === undefined || message === undefined ? findMessage(world, contact, to, id) : undefined
  const author = from === undefined ? found!.author : world.accounts.ensure(from)
  const said = message ?? found!.message
  return {
    stanzaId: id,
    participant: nameOf(author),
    quotedMessage: typeof said === 'string' ? { conversation: said } : quotable(said),
    ...(chat && { remoteJid: chat }),
  }
}
