import { randomUUID } from 'node:crypto'
import type { Store } from '../src/ports/store.ts'
import { linkedElsewhere } from '../src/sessions/linked-elsewhere.ts'
import { deviceOf, type LinkedAccount, readLinkedAccount } from '../src/whatsapp/importing/linked-account.ts'
import type { Folder } from './find-folders.ts'
import type { Names } from './names.ts'

/** What became of a folder: its session moved in, was here before, or stays where it is because of `problem`. */
export type Outcome = { folder: Folder } & (
  | { result: 'moved' | 'here'; sessionId: string; userId: string | number; account: LinkedAccount }
  | { result: 'refused'; problem: string }
)

/** Where they move in; without `commit` it is only looked at. */
export type Home = Pick<Store, 'sessions' | 'keys'> & Partial<Pick<Store, 'commit'>>

export interface MoveOptions {
  names: Names
  leavesOutBroken: boolean
  now(): number
}

/** Moves one session after the other in, each whole or not at all, and says what became of it. The folders are only read. */
export async function* moveIn(
  folders: Folder[],
  home: Home,
  { names, leavesOutBroken, now }: MoveOptions,
): AsyncGenerator<Outcome> {
  /** Sessions by name, with the device each one logs in as. */
  const devices = new Map<string, string | null>()
  for await (const { sessionId, streamId } of home.sessions.all())
    devices.set(sessionId, await deviceOf(home.keys, streamId))
  for (const folder of folders) {
    const naming = names(folder.name)
    if ('problem' in naming) {
      yield { folder, result: 'refused', problem: naming.problem }
      continue
    }
    try {
      const account = await readLinkedAccount(folder.path, { leavesOutBroken, now: now() })
      const { sessionId } = naming
      const problem = conflictOf(devices, sessionId, account.device)
      if (problem !== null) yield { folder, result: 'refused', problem }
      else if (devices.has(sessionId)) yield { folder, result: 'here', ...naming, account }
      else {
        const { waId, lid, keys, people } = account
        const linked = linkedElsewhere({ streamId: randomUUID(), ...naming, waId, lid, at: now() })
        await home.commit?.({ ...linked, keys, people })
        devices.set(sessionId, account.device)
        yield { folder, result: 'moved', ...naming, account }
      }
    } catch (error) {
      yield { folder, result: 'refused', problem: (error as Error).message }
    }
  }
}

/** Why a device cannot become a session of this name; null if it can, or is it already. */
function conflictOf(devices: Map<string, string | null>, sessionId: string, device: string): string | null {
  const [other] = [...devices].find(([, known]) => known === device) ?? []
  if (other === sessionId) return null
  if (other !== undefined)
    return `it is the device of session "${other}", which is here already: two of them would throw each other out`
  return devices.has(sessionId)
    ? `a session "${sessionId}" is here already, and it is another device: DELETE it first, or call this one another in a file for --user`
    : null
}
