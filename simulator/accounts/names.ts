import type { Account, Addressing } from './account.ts'
import type { AccountTable } from './account-table.ts'

/** Attributes of stanzas that say which other names somebody has, as WhatsApp Web reads them. */

/** Of a direct message or receipt: the sender's name beside `from`. */
export function namesOfSender(account: Account, addressing: Addressing) {
  if (addressing === 'pn')
    return { sender_lid: account.lidJid, addressing_mode: addressing, username: account.username }
  const sender_pn = account.hidesNumber ? undefined : account.jid
  return { sender_pn, addressing_mode: addressing, username: account.username }
}

/** Of a direct message that another device of the same account sent: its chat, and the names of who is in it; ours are not there. */
export function namesOfRecipient(accounts: AccountTable, recipient: string | undefined) {
  const other = accounts.resolve(recipient)?.account
  const byLid = recipient?.endsWith('@lid') === true
  const known = byLid
    ? { peer_recipient_pn: other?.hidesNumber ? undefined : other?.jid }
    : { peer_recipient_lid: other?.lidJid }
  const addressing_mode: Addressing = byLid ? 'lid' : 'pn'
  return { recipient, ...known, peer_recipient_username: other?.username, addressing_mode }
}

/** Of a receipt or a chatstate by LID: the number of who sends it, unless it is hidden. */
export function namesInReceipt(
  account: Account,
  { from, participant }: { from: string; participant?: string },
): { sender_pn?: string; participant_pn?: string } {
  if (account.hidesNumber || !(participant ?? from).endsWith('@lid')) return {}
  return participant ? { participant_pn: account.jid } : { sender_pn: account.jid }
}
