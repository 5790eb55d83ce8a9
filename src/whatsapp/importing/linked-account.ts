import type { AuthenticationCreds } from '@whiskeysockets/baileys'
import type { Person } from '../../messages/person.ts'
import type { KeyStore, KeyWrite } from '../../ports/key-store.ts'
import { type LidMapping, People } from '../identities/people.ts'
import { digitsOf, lidOf } from '../jid.ts'
import { credsJson, credsWrite, readCreds } from '../keys/creds.ts'
import { encodeKey } from '../keys/key-codec.ts'
import { type AuthFolder, readAuthFolder } from './auth-folder.ts'
import { withTodaysNames } from './todays-names.ts'

/** A linked device of an account, ready to be stored under a new stream. */
export interface LinkedAccount {
  /** Which of all linked devices it is: two sessions of one would throw each other out. */
  device: string
  /** Digits. */
  waId: string
  lid: string | null
  pushName: string | null
  keys: KeyWrite[]
  people: Person[]
  /** Names of files that cannot be read, and of those that hold nothing for us. */
  leftOut: string[]
  foreign: string[]
}

/** What a folder of `useMultiFileAuthState` says, in the store's terms; `now` in ms. Rejects with UnusableFolder. */
export async function readLinkedAccount(
  folder: string,
  { leavesOutBroken, now }: { leavesOutBroken: boolean; now: number },
): Promise<LinkedAccount> {
  const { leftOut, foreign, ...read } = readAuthFolder(folder, { leavesOutBroken })
  const { me } = read.creds
  const { creds, keys, people } = await inOurTerms(read, now)
  const name = me?.name
  return {
    device: me!.id,
    waId: digitsOf(me!.id)!,
    lid: lidOf(me?.lid),
    pushName: name && name !== '~' ? name : null,
    keys: [credsWrite(credsJson(creds), 0), ...keys],
    people,
    leftOut,
    foreign,
  }
}

/** The device that the stored credentials of a stream log in as; null if there are none that can be read. */
export async function deviceOf(keys: KeyStore, streamId: string): Promise<string | null> {
  const stored = await readCreds(keys, streamId)
  return stored.found === 'creds' ? (stored.creds.me?.id ?? null) : null
}

async function inOurTerms({ creds, keys }: Pick<AuthFolder, 'creds' | 'keys'>, now: number) {
  const nobody = new People({
    store: { people: { find: async () => null } },
    streamId: '',
    me: () => creds.me,
    now: () => now,
  })
  const named = withTodaysNames(keys)
  const people: Person[] = []
  let mapping: LidMapping = {}
  await nobody.learnMapping((named['lid-mapping'] ?? {}) as LidMapping, (learnt, kept) => {
    people.push(...learnt)
    mapping = kept
  })
  const known = Object.entries({ ...named, 'lid-mapping': mapping }).flatMap(([type, values]) =>
    Object.entries(values).flatMap(([id, value]) =>
      value === null ? [] : [{ type, id, value: encodeKey(type, value) }],
    ),
  )
  return { creds: pastAllPreKeys(creds, Object.keys(keys['pre-key'] ?? {})), keys: known, people }
}

/** Credentials that are older than the keys beside them would give the number of a pre-key to another one. */
function pastAllPreKeys(creds: AuthenticationCreds, ids: string[]): AuthenticationCreds {
  const next = ids.reduce((most, id) => Math.max(most, Number(id) + 1), 0)
  if (!(next > creds.nextPreKeyId)) return creds
  return { ...creds, nextPreKeyId: next, firstUnuploadedPreKeyId: next }
}
