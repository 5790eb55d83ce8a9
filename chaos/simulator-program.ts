import { setTimeout as pause } from 'node:timers/promises'
import { type Commands, offer } from '../harness/rpc.ts'
import { silenceConsole } from '../patches/libsignal-console.ts'
import type { Fault } from '../simulator/faults/table.ts'
import { createSeededRandom, type SeededRandom } from '../simulator/seeded-random.ts'
import { type Address, Simulator } from '../simulator/simulator.ts'
import type { Acknowledged, Arrived, Conversation, Said } from './records.ts'

/** The simulated WhatsApp of a run, a process of its own: contacts that talk whether or not anybody listens. */

silenceConsole()

/** Texts that follow each other without a pause. */
const BURST = 4

let simulator: Simulator
const said: Said[] = []
let talking: Promise<unknown> | null = null
let stopped = false
/** A fault of WhatsApp has struck. */
let struck = false

async function talk(
  { session, chat, people }: Conversation,
  random: SeededRandom,
  everyMs: number,
): Promise<void> {
  const name = `${session} ${people.join(' ')}`
  const isGroup = chat.endsWith('@g.us')
  const habit = random.pick(['pn', 'lid', 'both'] as const, name, 'addressing')
  for (let n = 0; ; n++) {
    const alone = random.share(name, n, 'alone') < 0.7 || n % BURST === 0
    if (alone) await pause(2 * everyMs * random.share(name, n, 'pause'))
    if (stopped) return
    const addressing = habit === 'both' ? random.pick(['pn', 'lid'] as const, name, n) : habit
    const contact = random.pick(people, name, n, 'author')
    const id = `3EB0${random.hex(16, name, n)}`
    const text = `${contact} says ${n}`
    const line = { session, chat, contact, n, id, text, at: Date.now() }
    await simulator.contact(contact).say(isGroup ? chat : session, text, { id, addressing })
    said.push(line)
  }
}

const commands = {
  /** The seed decides LIDs, and what faults leave to chance. */
  listen(seed: string): Promise<Address> {
    simulator = new Simulator({ preKeysOnServer: 100, ownCopies: false, seed })
    return simulator.listen()
  },

  /** Lets faults strike, one after the other. */
  async strike(faults: Fault[]): Promise<void> {
    struck ||= faults.length > 0
    for (const fault of faults) await simulator.fault(fault)
  },

  /** Ends all faults. A connection that has lost what was said on it is reset: no network goes on as if nothing was. */
  async heal(): Promise<void> {
    for (const { connection } of simulator.devices)
      if (connection?.deaf || connection?.silent) connection.reset()
    await simulator.heal()
  },

  /** The number's phone scans a QR text. */
  async scan(number: string, qr: string): Promise<void> {
    await simulator.phone(number, { name: `Shop ${number}` }).scan(qr)
  },

  /** Adds the contacts of a session, and returns its conversations: one with each contact and, if wanted, a group of all. */
  addContacts(session: string, people: string[], grouped: boolean): Conversation[] {
    for (const contact of people) simulator.contact(contact)
    const conversations = people.map(
      (contact): Conversation => ({ session, chat: contact, people: [contact] }),
    )
    if (!grouped) return conversations
    const { jid } = simulator.group(`Group of ${session}`, [session, ...people])
    return [...conversations, { session, chat: jid, people }]
  },

  /** In every conversation somebody writes from now on, about once in `everyMs`. */
  talk(conversations: Conversation[], seed: string, everyMs: number): void {
    const random = createSeededRandom(seed)
    talking = Promise.all(conversations.map(conversation => talk(conversation, random, everyMs)))
  },

  /** Resolves when nobody talks any more. */
  async stopTalking(): Promise<void> {
    stopped = true
    await talking
  },

  /** Where things stand. */
  count() {
    const { logins, qrRefs } = simulator.counters
    const online = simulator.devices.filter(device => device.online).length
    return { said: said.length, logins, qrs: qrRefs, online }
  },

  /** Stanzas kept for devices, and what contacts have decrypted, as `contact id`. */
  backlog(): { pending: number; arrived: string[] } {
    return { pending: pending(), arrived: simulator.ledger.received.map(({ to, id }) => `${to} ${id}`) }
  },

  /** Whenever a session logged in while it was still there on another connection; ms since 1970. */
  replaced: (): { account: string; at: number }[] =>
    simulator.ledger.replaced.map(({ account, at }) => ({ account, at })),

  /** All that this end knows. */
  records(people: string[]) {
    const { ledger, counters } = simulator
    const acknowledged = ledger.acknowledged.map(
      ({ id, to, at, error }): Acknowledged => ({ id, session: to, at, error: error ?? null }),
    )
    const sessions = new Set(simulator.devices.map(({ account }) => account.pn))
    const arrived = people.flatMap(contact =>
      simulator
        .contact(contact)
        // What others said in a group is none of ours.
        .inbox.filter(({ from }) => sessions.has(from))
        .map(({ id, from, text, at }): Arrived => ({ contact, session: from, id, text, at })),
    )
    const troubles = [
      ...ledger.unanswered.map(
        ({ tag, attrs }) => `the simulator has no answer for <${tag}> ${JSON.stringify(attrs)}`,
      ),
      ...ledger.errors.map(({ reason }) => `the simulator failed: ${reason}`),
    ]
    const askedAgain = ledger.undecryptable.length
    // What has to be asked for again, or refused and sent again, may be overtaken by what had left; without faults nothing has to.
    const late = struck
      ? [...ledger.spoilt, ...ledger.undecryptable, ...ledger.refused].map(({ id }) => id)
      : []
    const reasons = [...new Set(ledger.undecryptable.map(({ reason }) => reason))]
    return {
      late,
      reasons,
      said,
      acknowledged,
      arrived,
      pending: pending(),
      qrs: counters.qrRefs,
      troubles,
      askedAgain,
      struck,
    }
  },
} satisfies Commands

/**
 * Stanzas that devices have yet to take. What a device's own phone has for it, history, is none of them: a manager that stores too late
 * can never say that it has it.
 */
const pending = () =>
  simulator.devices
    // Others were linked by a fault, and nobody is there.
    .filter(({ logins }) => logins > 0)
    .flatMap(({ mailbox }) => [...mailbox.stanzas()].filter(({ peer }) => !peer)).length

export type SimulatorProgram = typeof commands

offer(commands)
