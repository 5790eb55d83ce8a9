import { setTimeout as pause } from 'node:timers/promises'
import { type Commands, offer } from '../harness/rpc.ts'
import { type Address, Simulator } from '../src/simulator/simulator.ts'
import type { Acknowledged, Arrived, Said } from './books.ts'
import { createDice, type Dice } from './dice.ts'

/** The simulated WhatsApp of a run, a process of its own: contacts that talk whether or not anybody listens. */

// libsignal prints whole sessions, private keys included, through console.
for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const) globalThis.console[name] = () => {}

/** A session's number and one of its contacts. */
export interface Chat {
  session: string
  contact: string
}

/** Texts that follow each other without a pause. */
const BURST = 4

const simulator = new Simulator({ preKeysOnServer: 100, ownCopies: false })
const said: Said[] = []
let talking: Promise<unknown> | null = null
let hushed = false

async function talk({ session, contact }: Chat, dice: Dice, everyMs: number): Promise<void> {
  const person = simulator.contact(contact)
  const chat = `${session} ${contact}`
  const habit = dice.pick(['pn', 'lid', 'both'] as const, chat, 'addressing')
  for (let n = 0; ; n++) {
    const alone = dice.share(chat, n, 'alone') < 0.7 || n % BURST === 0
    if (alone) await pause(2 * everyMs * dice.share(chat, n, 'pause'))
    if (hushed) return
    const addressing = habit === 'both' ? dice.pick(['pn', 'lid'] as const, chat, n) : habit
    const id = `3EB0${dice.hex(16, chat, n)}`
    const text = `${contact} says ${n}`
    const line = { session, contact, n, id, text, at: Date.now() }
    await person.say(session, text, { id, addressing })
    said.push(line)
  }
}

const commands = {
  listen: (): Promise<Address> => simulator.listen(),

  /** The number's phone scans a QR text. */
  async scan(number: string, qr: string): Promise<void> {
    await simulator.phone(number, { name: `Shop ${number}` }).scan(qr)
  },

  meet(chats: Chat[]): void {
    for (const { contact } of chats) simulator.contact(contact)
  },

  /** Every chat's contact writes from now on, about once in `everyMs`. */
  talk(chats: Chat[], seed: string, everyMs: number): void {
    const dice = createDice(seed)
    talking = Promise.all(chats.map(chat => talk(chat, dice, everyMs)))
  },

  /** Resolves when nobody talks any more. */
  async hush(): Promise<void> {
    hushed = true
    await talking
  },

  /** Where things stand. */
  count() {
    return { said: said.length, logins: simulator.counters.logins, qrs: simulator.counters.qrRefs }
  },

  /** Stanzas kept for devices, and the ids that contacts have decrypted. */
  standing(): { pending: number; arrived: string[] } {
    return { pending: pending(), arrived: simulator.ledger.received.map(({ id }) => id) }
  },

  /** All that this end knows. */
  books(chats: Chat[]) {
    const { ledger, counters } = simulator
    const acknowledged = ledger.acknowledged.map(
      ({ id, to, at, error }): Acknowledged => ({ id, session: to, at, error: error ?? null }),
    )
    const arrived = chats.flatMap(({ contact }) =>
      simulator
        .contact(contact)
        .inbox.map(({ id, from, text, at }): Arrived => ({ contact, session: from, id, text, at })),
    )
    const troubles = [
      ...ledger.unanswered.map(({ tag }) => `the simulator has no answer for <${tag}>`),
      ...ledger.errors.map(({ reason }) => `the simulator failed: ${reason}`),
    ]
    const askedAgain = ledger.undecryptable.length
    return { said, acknowledged, arrived, pending: pending(), qrs: counters.qrRefs, troubles, askedAgain }
  },
} satisfies Commands

const pending = () => simulator.devices.reduce((sum, device) => sum + device.pending, 0)

export type World = typeof commands

offer(commands)
