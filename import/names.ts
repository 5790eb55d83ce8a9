import { readFileSync, statSync } from 'node:fs'
import { sessionId, userId } from '../src/http/schemas/fields.ts'
import { ImportError } from './import-error.ts'

/** What a session is called here, and whose it is; `problem` says why that cannot be. */
export type Naming = { sessionId: string; userId: string | number } | { problem: string }

/** Says it of a folder, by its name. */
export type Names = (folder: string) => Naming

/** Understands `--user`: an id for all, a file with one for each folder, or a pattern. Throws ImportError. */
export function namesBy(user: string): Names {
  if (user.includes('{')) return byPattern(user)
  if (/\.(?:json|csv)$/.test(user)) return byFile(user)
  return folder => checked(ownName(folder), idIn(user))
}

const ownName = (folder: string) => folder.slice(folder.lastIndexOf('/') + 1)

/** Digits are Laravel's integers, as POST /start gets them; what begins with a 0 is none. */
const idIn = (text: string) => (/^(?:0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text)

function byPattern(pattern: string): Names {
  const parts = pattern.split(/(\{[^}]*\}?)/)
  const named = parts.filter(part => part.startsWith('{'))
  if (!named.includes('{user}') || named.some(part => part !== '{user}' && part !== '{session}'))
    throw new ImportError(`--user ${pattern} must have {user}, and may have {session}.`)
  if (new Set(named).size < named.length) throw new ImportError(`--user ${pattern} has a name twice.`)
  // The shorter one is the user's id: 42_my_shop.
  const groups: Record<string, string> = { '{user}': '(?<user>[^/]+?)', '{session}': '(?<session>[^/]+)' }
  const source = parts.map(part => groups[part] ?? part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  const expression = new RegExp(`^${source.join('')}$`)
  return folder => {
    const { user, session } = (expression.exec(folder) ?? expression.exec(ownName(folder)))?.groups ?? {}
    if (user === undefined) return { problem: `its name does not fit --user ${pattern}` }
    return checked(session ?? ownName(folder), idIn(user))
  }
}

function byFile(file: string): Names {
  const entries = entriesOf(file)
  return folder => {
    const entry = entries.get(folder) ?? entries.get(ownName(folder))
    if (entry === undefined) return { problem: `${file} does not say whose it is` }
    const { session_id: session = ownName(folder), user_id: user } =
      typeof entry === 'object' && entry !== null
        ? (entry as { session_id?: unknown; user_id?: unknown })
        : { user_id: entry }
    return checked(session, user)
  }
}

function entriesOf(file: string): Map<string, unknown> {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true)
    throw new ImportError(`--user ${file} is no file.`)
  const text = readFileSync(file, 'utf8')
  if (!text.trimStart().startsWith('{')) return new Map(linesOf(text))
  try {
    return new Map(Object.entries(JSON.parse(text) as object))
  } catch (error) {
    throw new ImportError(`--user ${file} is no JSON: ${(error as Error).message}`)
  }
}

/** `folder,user`, as databases export it: with `;` or a tab between, in quotes or not. */
function linesOf(text: string): [string, string | number][] {
  return text.split(/\r?\n/).flatMap(line => {
    const [folder, user] = line.split(/[,;\t]/).map(cell => cell.trim().replace(/^"(.*)"$/, '$1'))
    return folder && user ? [[folder, idIn(user)] as [string, string | number]] : []
  })
}

function checked(session: unknown, user: unknown): Naming {
  const name = sessionId.safeParse(session)
  if (!name.success)
    return {
      problem: `"${String(session).slice(0, 80)}" is no session_id (1 to 64 letters, digits, _ or -): call it another in a file for --user`,
    }
  const owner = userId.safeParse(user)
  if (!owner.success)
    return { problem: `its user_id ${JSON.stringify(user)} is no integer and no text of 1 to 64 characters` }
  return { sessionId: name.data, userId: owner.data }
}
