import type { WASocket } from '@whiskeysockets/baileys'
import { LRUCache } from 'lru-cache'
import { digitsOf } from '../jid.ts'

const HOUR = 3_600_000
/** A number that has joined stays; one that has not may join any day. */
const TTL_MS = { known: 24 * HOUR, unknown: HOUR }
const MAX_NUMBERS = 50_000

export interface NumberLookup {
  /** Whether a phone number (digits) is on WhatsApp, and its jid there. */
  lookup(phone: string): Promise<{ exists: boolean; jid: string | null; lid: string | null }>
}

type Answers = LRUCache<string, { jid: string | null }>

/** Answers of WhatsApp about numbers, for all sessions together. */
export const createNumberCache = (): Answers => new LRUCache({ max: MAX_NUMBERS })

/**
 * Numbers as one socket may ask for them. `lidOf` is the LID that WhatsApp gave for a number before, which proves that it
 * is there.
 */
export function createNumberLookup(
  socket: Pick<WASocket, 'onWhatsApp'>,
  answers: Answers,
  lidOf: (phone: string) => string | null,
): NumberLookup {
  return {
    async lookup(phone) {
      const lid = lidOf(phone)
      if (lid !== null) return { exists: true, jid: `${phone}@s.whatsapp.net`, lid }
      const known = answers.get(phone)
      if (known) return { exists: known.jid !== null, jid: known.jid, lid: null }
      const [found] = (await socket.onWhatsApp(`${phone}@s.whatsapp.net`)) ?? []
      const digits = found?.exists ? digitsOf(found.jid) : null
      const jid = digits && `${digits}@s.whatsapp.net`
      answers.set(phone, { jid }, { ttl: jid ? TTL_MS.known : TTL_MS.unknown })
      return { exists: jid !== null, jid, lid: lidOf(phone) }
    },
  }
}
