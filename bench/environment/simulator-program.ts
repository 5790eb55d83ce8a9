import { setTimeout as pause } from 'node:timers/promises'
import type { AuthenticationCreds } from '@whiskeysockets/baileys'
import { now } from '../../harness/now.ts'
import { type Commands, offer } from '../../harness/rpc.ts'
import { silenceConsole } from '../../patches/libsignal-console.ts'
import { verifyNatively } from '../../patches/sender-key-signatures.ts'
import { type Address, Simulator } from '../../simulator/simulator.ts'
import type { Pair } from '../traffic/pair.ts'
import { fileCommands } from './simulator-files.ts'

/** The simulated WhatsApp of a benchmark, a process of its own: phones that scan, contacts that write and read. */

silenceConsole()
// Twenty members would need 180 ms for a message, and their receipts would not be one stanza any more.
verifyNatively()

// More pre-keys on the server than Baileys wants: nobody uploads any. Copies for the own phone are sent, not decrypted.
/** Long enough for the members of a group to decrypt a message: their receipts come in one stanza, also from a busy machine. */
const RECEIPT_DELAY_MS = 100
const simulator = new Simulator({
  preKeysOnServer: 100,
  ownCopies: false,
  receiptDelayMs: RECEIPT_DELAY_MS,
})
const received = new Map<string, number>()
simulator.on('message', ({ message: { id } }) => received.set(id, (received.get(id) ?? 0) + 1))

const commands = {
  ...fileCommands(simulator),

  listen: (): Promise<Address> => simulator.listen(),

  /** The number's phone scans a QR text. */
  async scan(number: string, qr: string): Promise<void> {
    await simulator.phone(number, { name: `Shop ${number}` }).scan(qr)
  },

  /** Devices that logged in since the start. */
  logins: (): number => simulator.loginCount,

  /** Devices that are connected now. */
  online: (): number => simulator.devices.filter(device => device.online).length,

  /** Every connection ends; devices may connect again at once. */
  async dropConnections(): Promise<void> {
    await simulator.fault({ kind: 'close' })
  },

  /** No device can connect any more, until `acceptConnections`. */
  async refuseConnections(): Promise<void> {
    await simulator.fault({ kind: 'refuse' })
  },

  acceptConnections: (): Promise<void> => simulator.heal(),

  /** The number exists from now on, and treats what it gets as phones do: it says what came, and what was read. Its LID's jid. */
  addContact(number: string): string {
    const contact = simulator.contact(number)
    contact.autoRead = true
    return contact.account.lidJid
  },

  /** The jid of a new group. */
  addGroup: (subject: string, members: string[]): string => simulator.group(subject, members).jid,

  /** Credentials of a device that is linked to the number without a phone. */
  async enroll(number: string): Promise<AuthenticationCreds> {
    return (await simulator.enroll(number, { name: `Shop ${number}` })).creds
  },

  /** Contacts write to their numbers in turn, so many a second; when each message was on its socket, in ms. */
  async sendTexts(pairs: Pair[], count: number, perSecond: number): Promise<{ id: string; at: number }[]> {
    const begun = now()
    const said: Promise<{ id: string; at: number }>[] = []
    for (let n = 0; n < count; n++) {
      await pause(Math.max(0, begun + (n * 1000) / perSecond - now()))
      const { contact, number, byLid } = pairs[n % pairs.length]!
      const addressing = byLid ? 'lid' : 'pn'
      const saying = simulator.contact(contact).say(number, `hello ${n}`, { addressing })
      said.push(saying.then(({ id }) => ({ id, at: now() })))
    }
    return Promise.all(said)
  },

  /** Of these messages, those that fewer contacts decrypted than should, and those that more did; waits at most so long. */
  async checkReceived(
    ids: string[],
    waitMs: number,
    contacts = 1,
  ): Promise<{ missing: string[]; doubled: string[] }> {
    const deadline = now() + waitMs
    const times = (id: string) => received.get(id) ?? 0
    let missing = ids.filter(id => times(id) < contacts)
    while (missing.length > 0 && now() < deadline) {
      await pause(20)
      missing = missing.filter(id => times(id) < contacts)
    }
    return { missing, doubled: ids.filter(id => times(id) > contacts) }
  },

  /** Resolves once the contacts have sent every receipt that they owe, and the devices have acknowledged all they got. */
  async settle(waitMs: number): Promise<void> {
    const deadline = now() + waitMs
    // The later of a contact's two receipts, and that of a group, which waits for other members'.
    await pause(4 * RECEIPT_DELAY_MS)
    while (simulator.unacked.length > 0) {
      if (now() > deadline) throw new Error(`${simulator.unacked.length} stanzas were never acknowledged`)
      await pause(5)
    }
  },

  /** What went wrong since the last call, in words; then all is forgotten. */
  troubles(): string[] {
    const { undecryptable, unanswered, errors } = simulator.ledger
    const troubles = [
      ...undecryptable.map(({ to, reason }) => `${to} could not decrypt: ${reason}`),
      ...unanswered.map(({ tag }) => `the simulator has no answer for <${tag}>`),
      ...errors.map(({ reason }) => `the simulator failed: ${reason}`),
    ]
    simulator.ledger.clear()
    received.clear()
    return troubles
  },
} satisfies Commands

export type SimulatorProgram = typeof commands

offer(commands)
