import { type AuthenticationCreds, BufferJSON } from '@whiskeysockets/baileys'
import { digitsOf, parseJid } from '../jid.ts'
import { isPaired } from '../keys/creds.ts'
import { UnusableFolder } from './unusable-folder.ts'

type Check = (value: unknown) => boolean

const isBytes: Check = value => value instanceof Uint8Array && value.length >= 32
const isNumber: Check = value => typeof value === 'number' && Number.isFinite(value)
const isPair: Check = value => isBytes(field(value, 'public')) && isBytes(field(value, 'private'))

/** What no login works without; the names are Baileys'. */
const NEEDED: Record<string, Check> = {
  noiseKey: isPair,
  signedIdentityKey: isPair,
  signedPreKey: value =>
    isPair(field(value, 'keyPair')) && isBytes(field(value, 'signature')) && isNumber(field(value, 'keyId')),
  registrationId: isNumber,
  advSecretKey: value => typeof value === 'string' && value !== '',
  nextPreKeyId: isNumber,
  firstUnuploadedPreKeyId: isNumber,
}

/** The credentials in the text of a `creds.json`, of a device that a phone has linked. Throws UnusableFolder. */
export function readCredsFile(text: string): AuthenticationCreds {
  if (text.trim() === '') throw new UnusableFolder('creds.json is empty: take it from a backup of the folder')
  const creds = parse(text)
  const missing = Object.entries(NEEDED).find(([name, check]) => !check(field(creds, name)))?.[0]
  if (missing !== undefined)
    throw new UnusableFolder(`creds.json is not what Baileys writes: ${missing} is missing or damaged`)
  const paired = creds as AuthenticationCreds
  if (!isPaired(paired))
    throw new UnusableFolder('no phone has linked it: there is nothing to move, start the session here')
  if (digitsOf(paired.me?.id) === null || parseJid(paired.me?.id)?.device === 0)
    throw new UnusableFolder('creds.json names no linked device of a phone number')
  return paired
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text, BufferJSON.reviver)
  } catch {
    throw new UnusableFolder(
      'creds.json is cut off or damaged (it is no JSON): take it from a backup of the folder',
    )
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}
