import { createHash } from 'node:crypto'
import { type AuthenticationCreds, BufferJSON } from '@whiskeysockets/baileys'
import type { KeyStore, KeyWrite } from '../../ports/key-store.ts'

const TYPE = 'creds'
const SLOTS = ['0', '1', '2']
const CHECKSUM_BYTES = 32
/** Pre-keys are used up in any order, so a gap in their ids is no end of them; WhatsApp holds at most 812. */
const LARGEST_PREKEY_GAP = 1000

/** What the store holds of a stream's credentials; each save is a new generation, and the last three are kept. */
export type StoredCreds =
  | { found: 'none' }
  | { found: 'corrupt' }
  | { found: 'creds'; creds: AuthenticationCreds; generation: number; fellBack: boolean }

/**
 * The newest credentials that can be read. A generation is older than the newest only where a row is damaged; then its pre-key
 * counters are moved past every stored pre-key, so that none is overwritten.
 */
export async function readCreds(keys: KeyStore, streamId: string): Promise<StoredCreds> {
  const rows = await keys.get(streamId, TYPE, SLOTS)
  const stored = Object.entries(rows)
  if (stored.length === 0) return { found: 'none' }
  const readable = stored.map(([slot, bytes]) => decode(slot, bytes)).filter(row => row !== null)
  const newest = readable.reduce<Generation | null>(
    (a, b) => (a && a.generation > b.generation ? a : b),
    null,
  )
  if (newest === null || !isPaired(newest.creds)) return { found: 'corrupt' }
  const { creds, generation } = newest
  // Slots are used in turn: a damaged row in the next slot may be a newer generation or just the oldest.
  const next = slotOf(generation + 1)
  const fellBack = next in rows && !readable.some(row => slotOf(row.generation) === next)
  if (fellBack) await skipStoredPreKeys(keys, streamId, creds)
  return { found: 'creds', creds, generation: fellBack ? generation + 1 : generation, fellBack }
}

/** The row of a new generation. */
export function credsWrite(json: string, generation: number): KeyWrite {
  const body = Buffer.from(`${generation} ${json}`)
  return { type: TYPE, id: slotOf(generation), value: Buffer.concat([checksum(body), body]) }
}

export function credsJson(creds: AuthenticationCreds): string {
  // Once a phone is linked its pairing code is worth nothing, and before that nothing is stored: it is never written down.
  return JSON.stringify({ ...creds, pairingCode: undefined }, BufferJSON.replacer)
}

/** Whether a phone has linked these credentials; on the QR path `registered` stays false for ever. */
export function isPaired(creds: AuthenticationCreds): boolean {
  return Boolean(creds.me?.id && creds.account)
}

/** Whether WhatsApp said, when the phone linked these credentials, that the account's direct chats are kept by LID. */
export function chatsByLid({ additionalData }: AuthenticationCreds): boolean {
  return (additionalData as { chatsByLid?: unknown } | undefined)?.chatsByLid === true
}

/** Pairing by code sets `me` before the phone agreed; a login with it would be an unknown device. */
export function withoutUnconfirmedMe(creds: AuthenticationCreds): AuthenticationCreds {
  if (!isPaired(creds)) delete creds.me
  return creds
}

interface Generation {
  generation: number
  creds: AuthenticationCreds
}

function decode(slot: string, bytes: Uint8Array): Generation | null {
  const body = Buffer.from(bytes.subarray(CHECKSUM_BYTES))
  if (!checksum(body).equals(bytes.subarray(0, CHECKSUM_BYTES))) return null
  const text = body.toString()
  const space = text.indexOf(' ')
  const generation = Number(text.slice(0, space))
  if (slotOf(generation) !== slot) return null
  try {
    return { generation, creds: JSON.parse(text.slice(space + 1), BufferJSON.reviver) as AuthenticationCreds }
  } catch {
    return null
  }
}

async function skipStoredPreKeys(
  keys: KeyStore,
  streamId: string,
  creds: AuthenticationCreds,
): Promise<void> {
  for (let from = creds.nextPreKeyId; ; from = creds.nextPreKeyId) {
    const ids = Array.from({ length: LARGEST_PREKEY_GAP }, (_, i) => String(from + i))
    const last = Object.keys(await keys.get(streamId, 'pre-key', ids)).map(Number)
    if (last.length === 0) break
    creds.nextPreKeyId = Math.max(...last) + 1
  }
  creds.firstUnuploadedPreKeyId = creds.nextPreKeyId
}

const slotOf = (generation: number) => String(generation % SLOTS.length)
const checksum = (body: Uint8Array) => createHash('sha256').update(body).digest()
