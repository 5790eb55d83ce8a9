/**
 * Somebody under all the names that WhatsApp has used for them. Names are full jids, `…@lid` or `…@s.whatsapp.net`: a person has one LID
 * and one number at a time, may have had others, and a number can be dialled in more than one way.
 */
export interface Person {
  /** What the chat with this person is called: the first LID that was known, else the number. It stays when LID or number change. */
  chatId: string
  lid: string | null
  number: string | null
  username: string | null
  /** All of them, those of before included. */
  names: string[]
  /** When the last of this was learnt, in ms since the epoch. */
  learntAt: number
}

/** Names that belong to one person now. */
export interface Naming {
  lid?: string | null
  number?: string | null
  username?: string | null
  /** Names that the same person had before. */
  was?: string[]
  /** Other ways to dial the number. */
  dialled?: string[]
}

const isLid = (name: string) => name.endsWith('@lid')

/** Somebody of whom no more is known than this name. */
export const knownBy = (name: string): Person => ({
  chatId: name,
  lid: isLid(name) ? name : null,
  number: isLid(name) ? null : name,
  username: null,
  names: [name],
  learntAt: 0,
})

/**
 * What changes when somebody is named: each person as it is from now on, the named one first; none if nothing is new. `find` gives who
 * has a name, or had it last. A known LID with another number, and a known number with another LID, are the same person, whose chat goes
 * on; a name of before that comes with others of its own is somebody else's now.
 */
export function learn(find: (name: string) => Person | null, naming: Naming, now: number): Person[] {
  const { lid = null, number = null, username = null, was = [], dialled = [] } = naming
  const known = (name: string | null) => (name === null ? null : find(name))
  const [byLid, byNumber] = [known(lid), known(number)]
  const former = was.map(find).find(one => one !== null) ?? null
  const holdsLid = byLid?.lid === lid ? byLid : null
  const holdsNumber = byNumber?.number === number ? byNumber : null
  const self = former ?? holdsLid ?? holdsNumber
  const named = [lid, number, ...was, ...dialled].filter(name => name !== null)
  if (named.length === 0 || (self === null && named.length === 1 && username === null)) return []
  const merged = [holdsLid, holdsNumber].filter(one => one !== null && one !== self && isOne(one, self, lid))
  const parts = [self, ...merged].filter(one => one !== null)
  const person: Person = {
    chatId: parts.find(({ chatId }) => isLid(chatId))?.chatId ?? lid ?? self?.chatId ?? number!,
    lid: lid ?? first(parts, 'lid'),
    number: number ?? first(parts, 'number'),
    username: username ?? first(parts, 'username'),
    names: [...new Set([...parts.flatMap(({ names }) => names), ...named])],
    learntAt: now,
  }
  if (parts.length === 1 && isSame(person, parts[0]!)) return []
  const others = new Set(named.map(find).filter(one => one !== null && !parts.includes(one)))
  return [person, ...[...others].flatMap(one => without(one!, named, now))]
}

/** Whether somebody else under one of the names is the same: under this LID, without any, or the holder of a number that `self` lacks. */
const isOne = (other: Person, self: Person | null, lid: string | null) =>
  other.lid === lid || other.lid === null || self?.number === null

const first = (parts: Person[], key: 'lid' | 'number' | 'username') =>
  parts.map(part => part[key]).find(value => value !== null) ?? null

const isSame = (person: Person, before: Person) =>
  person.lid === before.lid &&
  person.number === before.number &&
  person.username === before.username &&
  person.chatId === before.chatId &&
  person.names.length === before.names.length

/** Somebody whose names went to another; nobody if none is left. */
function without(person: Person, taken: string[], now: number): Person[] {
  const names = person.names.filter(name => !taken.includes(name))
  if (names.length === 0) return []
  const left = (name: string | null) => (name !== null && names.includes(name) ? name : null)
  const [lid, number] = [left(person.lid), left(person.number)]
  const chatId = left(person.chatId) ?? lid ?? number ?? names[0]!
  return [{ ...person, chatId, lid, number, names, learntAt: now }]
}

/**
 * Where a message goes that was addressed to one of a person's names, in the words of who asked: a number stays a number, as WhatsApp
 * spells it, a LID a LID, as far as the person has one.
 */
export function addressIn(person: Person, asked: string): string {
  return (isLid(asked) ? (person.lid ?? person.number) : (person.number ?? person.lid)) ?? asked
}
