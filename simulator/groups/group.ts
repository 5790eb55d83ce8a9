import { randomInt } from 'node:crypto'
import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Account, Addressing } from '../accounts/account.ts'
import type { AccountTable } from '../accounts/account-table.ts'
import type { Timer } from '../accounts/timer.ts'
import { seconds, stanza } from '../protocol/stanza.ts'

/** A group of accounts; the first member made it. Members' phones and linked devices get what any other member says. */
export class Group {
  /** `…@g.us` */
  readonly jid: string
  subject: string
  /** Which of their addresses members are named by. */
  readonly addressing: Addressing
  readonly accounts = new Set<Account>()
  readonly createdAt = Date.now()
  /** How long its messages stay; undefined while nobody has ever set it. */
  timer: Timer | undefined
  /** Grows when somebody leaves: phones then make a new sender key, which the one who left never gets. */
  epoch = 0
  readonly #table: AccountTable

  constructor(table: AccountTable, subject: string, addressing: Addressing) {
    this.#table = table
    this.jid = `120363${randomInt(1e11, 1e12)}@g.us`
    this.subject = subject
    this.addressing = addressing
  }

  /** The members' phone numbers, in the order of joining. */
  get members(): string[] {
    return [...this.accounts].map(({ pn }) => pn)
  }

  /** Takes a phone number in; its account is made when it is new. */
  add(pn: string): void {
    this.accounts.add(this.#table.ensure(pn))
  }

  /** Puts a member out. Throws for a number that is no member. */
  remove(pn: string): void {
    const account = this.#table.get(pn)
    if (!account || !this.accounts.delete(account)) throw new Error(`${pn} is not in ${this.subject}`)
    this.epoch++
  }

  /** The jid that names a member, or one of its devices, in this group. */
  addressOf(member: { jid: string; lidJid: string }): string {
    return this.addressing === 'lid' ? member.lidJid : member.jid
  }
}

/** The attribute of a ledger line that names its group. */
export const inGroup = (group: Group | undefined) => (group ? { group: group.jid } : undefined)

/**
 * The attributes of a group stanza that say who it comes from; the second address never carries a device number. As Baileys reads
 * them in `extractAddressingContext`.
 */
export function groupSender(group: Group, member: { jid: string; lidJid: string }, account: Account) {
  const alternative =
    group.addressing === 'lid'
      ? { participant_pn: shownNumber(account) }
      : { participant_lid: account.lidJid }
  return {
    from: group.jid,
    participant: group.addressOf(member),
    ...alternative,
    participant_username: account.username,
    addressing_mode: group.addressing,
  }
}

const shownNumber = ({ hidesNumber, jid }: Account) => (hidesNumber ? undefined : jid)

/** `<group>` with its participants, as `extractGroupMetadata` in Baileys reads it. */
export function groupNode(group: Group): BinaryNode {
  const [creator] = group.accounts
  const t = seconds(group.createdAt)
  const participants = [...group.accounts].map(account =>
    stanza('participant', {
      jid: group.addressOf(account),
      ...(group.addressing === 'lid' ? { phone_number: shownNumber(account) } : { lid: account.lidJid }),
      type: account === creator ? 'superadmin' : undefined,
    }),
  )
  const owner = creator && group.addressOf(creator)
  const attributes = {
    id: group.jid.replace('@g.us', ''),
    subject: group.subject,
    creation: t,
    creator: owner,
    creator_pn: creator?.jid,
    s_t: t,
    s_o: owner,
    s_o_pn: creator?.jid,
    addressing_mode: group.addressing,
    size: participants.length,
  }
  const { expiration } = group.timer ?? {}
  const settings = expiration ? [stanza('ephemeral', { expiration })] : []
  return stanza('group', attributes, [...settings, ...participants])
}
