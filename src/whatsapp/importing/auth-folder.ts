import type { AuthenticationCreds } from '@whiskeysockets/baileys'
import { readFiles } from './folder-files.ts'
import { type KeyType, keyOfFile } from './key-files.ts'
import { readKeyFile } from './key-values.ts'
import { readCredsFile } from './read-creds-file.ts'
import { UnusableFolder } from './unusable-folder.ts'

const CREDS = 'creds.json'
/** So many names of files are told. */
const NAMED = 3

export type Keys = Record<string, Record<string, unknown>>

/** What a folder of `useMultiFileAuthState` holds. */
export interface AuthFolder {
  creds: AuthenticationCreds
  /** By type and id, as Baileys gives and takes them. */
  keys: Keys
  /** Key files that cannot be read, and were left out. */
  leftOut: string[]
  /** JSON files that hold no key that Baileys 6 or 7 knows. */
  foreign: string[]
}

/** Whether a folder with these files is one of `useMultiFileAuthState`, be it half a one. */
export function isAuthFolder(files: readonly string[]): boolean {
  return files.includes(CREDS) || files.some(file => isOwnKey(keyOfFile(file)?.type))
}

/** Of names like `session-notes.json` there may be some anywhere. */
const isOwnKey = (type: KeyType | undefined) => type !== undefined && type !== 'session'

/**
 * Reads a folder, whole or not at all; `leavesOutBroken`: without the key files that cannot be read, as Baileys itself goes on: whom
 * they concern has to send a message again. Throws UnusableFolder.
 */
export function readAuthFolder(folder: string, { leavesOutBroken = false } = {}): AuthFolder {
  const files = readFiles(folder)
  const credsText = files.get(CREDS)
  if (credsText === undefined)
    throw new UnusableFolder('it has keys and no creds.json: take that from a backup of the folder')
  const creds = readCredsFile(credsText)
  files.delete(CREDS)
  const keys: Keys = {}
  const broken: string[] = []
  const foreign: string[] = []
  for (const [file, text] of files) {
    const key = keyOfFile(file)
    if (key === null) {
      foreign.push(file)
      continue
    }
    try {
      keys[key.type] ??= {}
      keys[key.type]![key.id] = readKeyFile(key.type, text)
    } catch {
      broken.push(file)
    }
  }
  if (broken.length > 0 && !leavesOutBroken)
    throw new UnusableFolder(
      `${listed(broken)} cut off or damaged: with --leave-out-broken it moves in without, and whom that concerns may have to send a message again`,
    )
  return { creds, keys, leftOut: broken, foreign }
}

function listed(files: string[]): string {
  const named = files.slice(0, NAMED).join(', ')
  const more = files.length - NAMED
  return `${more > 0 ? `${named} and ${more} more` : named} ${files.length === 1 ? 'is' : 'are'}`
}
