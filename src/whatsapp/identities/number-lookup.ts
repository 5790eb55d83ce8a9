import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import type { LRUCache } from 'lru-cache'
import { bounded } from '../../base/bounded.ts'
import { GatewayError } from '../../base/errors.ts'
import { addressIn, type Person } from '../../messages/person.ts'
import { refusalCodeOf } from '../query-errors.ts'
import { type ContactAnswer, contactIn, contactQuery } from './contact-query.ts'
import type { People } from './people.ts'

const MINUTE = 60_000
/** A number that has joined stays; one that has not may join any minute. */
const TTL_MS = { there: 24 * 60 * MINUTE, absent: 5 * MINUTE }
const MAX_NUMBERS = 50_000
/** How long WhatsApp may take to answer; Baileys would wait for 60 s, and then say nothing. */
const ANSWER_MS = 10_000

/** What WhatsApp said of numbers that it does not pair with a LID, or that nobody has. */
export interface NumberCache {
  /** Full jids of numbers that were found, whoever asked. */
  there: LRUCache<string, true>
  /** Numbers that nobody had, by `stream/number`: no session believes the "no" of another. */
  absent: LRUCache<string, true>
}

/** Bounded, for all sessions together. */
export const createNumberCache = (): NumberCache => ({
  there: bounded(MAX_NUMBERS, TTL_MS.there),
  absent: bounded(MAX_NUMBERS, TTL_MS.absent),
})

export interface FoundNumber {
  exists: boolean
  /** The number as WhatsApp spells it, which may not be the one that was asked for. */
  jid: string | null
  lid: string | null
}

export interface NumberLookupDeps {
  socket: Pick<WASocket, 'query' | 'generateMessageTag'>
  cache: NumberCache
  streamId: string
  people: People
  /** Keeps what the answer says; resolves once the next send can build on it. */
  learnt(answer: ContactAnswer, asked: string): Promise<void>
}

/** Numbers as one socket may ask for them: one question at a time for each. */
export class NumberLookup {
  readonly #deps: NumberLookupDeps
  readonly #asking = new Map<string, Promise<ContactAnswer>>()

  constructor(deps: NumberLookupDeps) {
    this.#deps = deps
  }

  /**
   * Whether a phone number (digits) is on WhatsApp, and its names there. Rejects, always retryable, when WhatsApp does not say:
   * WHATSAPP_UNANSWERED, TOO_MANY_REQUESTS, or as the connection ends.
   */
  async lookup(phone: string): Promise<FoundNumber> {
    const { cache, streamId, people } = this.#deps
    const name = `${phone}@s.whatsapp.net`
    const known = await people.find(name)
    if (known !== null) return found(known, name)
    if (cache.there.has(name)) return { exists: true, jid: name, lid: null }
    if (cache.absent.has(`${streamId}/${phone}`)) return { exists: false, jid: null, lid: null }
    const { exists } = await this.ask(phone)
    if (!exists) return { exists, jid: null, lid: null }
    return found((await people.person(name))!, name)
  }

  /** Asks WhatsApp, whatever is known, and keeps the answer. Rejects as `lookup` does. */
  ask(phone: string): Promise<ContactAnswer> {
    const asking = this.#asking.get(phone)
    if (asking) return asking
    const question = this.#ask(phone).finally(() => this.#asking.delete(phone))
    this.#asking.set(phone, question)
    return question
  }

  async #ask(phone: string): Promise<ContactAnswer> {
    const { socket, cache, streamId, learnt } = this.#deps
    const question = contactQuery(phone, socket.generateMessageTag())
    const answer: BinaryNode | undefined = await socket.query(question, ANSWER_MS).catch(refused)
    const said = contactIn(answer, phone)
    if (said === null) throw unanswered()
    const name = `${phone}@s.whatsapp.net`
    if (!said.exists) cache.absent.set(`${streamId}/${phone}`, true)
    else {
      cache.absent.delete(`${streamId}/${phone}`)
      if (said.lid === null && (said.number === null || said.number === name)) cache.there.set(name, true)
      await learnt(said, name)
    }
    return said
  }
}

const found = (person: Person, name: string): FoundNumber => {
  const address = addressIn(person, name)
  return { exists: true, jid: address.endsWith('@lid') ? null : address, lid: person.lid }
}

/** An error is no answer: the number may be there. (A connection that ends is told by PendingRequests, before.) */
function refused(error: unknown): never {
  const code = refusalCodeOf(error)
  if (code === 429)
    throw new GatewayError('TOO_MANY_REQUESTS', 'WhatsApp was asked too often; ask again later.', {
      cause: error,
      retryable: true,
      retryAfterSeconds: 60,
    })
  throw unanswered(error)
}

const unanswered = (cause?: unknown) =>
  new GatewayError(
    'WHATSAPP_UNANSWERED',
    'WhatsApp did not say whether this number has an account; ask again in a moment.',
    { cause, retryable: true, retryAfterSeconds: 5 },
  )
