import { readdirSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { isAuthFolder } from '../src/whatsapp/importing/auth-folder.ts'
import { ImportError } from './import-error.ts'

/** `auth/shop`, `sessions/42/shop`: gateways keep them no deeper. */
const DEEPEST = 3
const SKIPPED = new Set(['node_modules', '.git'])

export interface Folder {
  path: string
  /** Below the folder that was given, with `/`; that one itself by its own name. */
  name: string
}

/** The folder itself if it is one of `useMultiFileAuthState`, else those below it, in the order of their names. Throws ImportError. */
export function findFolders(root: string): Folder[] {
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new ImportError(`--auth ${root} is no folder.`)
  const found = [...foldersIn(root, '', DEEPEST)]
  if (found.length === 0)
    throw new ImportError(
      `${root} has no creds.json, nor has any folder in it: --auth takes what Baileys' useMultiFileAuthState wrote.`,
    )
  return found
}

function* foldersIn(path: string, name: string, depth: number): Generator<Folder> {
  let entries: string[]
  try {
    entries = readdirSync(path).sort()
  } catch (error) {
    if (name === '') throw new ImportError(`--auth ${path} cannot be read: ${(error as Error).message}`)
    // Whoever may not look into it hears so when it is read.
    yield { path, name }
    return
  }
  if (isAuthFolder(entries)) {
    yield { path, name: name === '' ? basename(resolve(path)) : name }
    return
  }
  if (depth === 0) return
  for (const entry of entries) {
    const inside = join(path, entry)
    if (SKIPPED.has(entry) || statSync(inside, { throwIfNoEntry: false })?.isDirectory() !== true) continue
    yield* foldersIn(inside, name === '' ? entry : `${name}/${entry}`, depth - 1)
  }
}
