import type { SignalDataTypeMap } from '@whiskeysockets/baileys'

export type KeyType = keyof SignalDataTypeMap

/** Where one type's name begins with another's, the longer one comes first. */
const TYPES: readonly KeyType[] = [
  'app-state-sync-version',
  'app-state-sync-key',
  'sender-key-memory',
  'sender-key',
  'identity-key',
  'lid-mapping',
  'device-list',
  'pre-key',
  'session',
  'tctoken',
]

/**
 * Which key a file of `useMultiFileAuthState` holds; null if it is none that Baileys 6 or 7 writes. Its name is `type-id.json`, in which
 * `/` became `__` and `:` became `-` (use-multi-file-auth-state.js, fixFileName): only keys of app state, named in base64, have the one,
 * and only sender keys, `group::user::device`, have the other.
 */
export function keyOfFile(file: string): { type: KeyType; id: string } | null {
  if (!file.endsWith('.json')) return null
  const name = file.slice(0, -'.json'.length)
  const type = TYPES.find(each => name.startsWith(`${each}-`))
  if (type === undefined) return null
  const id = name.slice(type.length + 1)
  if (id === '') return null
  if (type === 'app-state-sync-key') return { type, id: id.replaceAll('__', '/') }
  if (type !== 'sender-key') return { type, id }
  const [, group, user, device] = /^(.+)--(.+)--(\d+)$/.exec(id) ?? []
  return group === undefined ? null : { type, id: `${group}::${user}::${device}` }
}
