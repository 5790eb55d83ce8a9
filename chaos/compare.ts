import { type Books, isTaken, type Said, type Send } from './books.ts'
import { describe } from './describe.ts'

/** One line of the comparison. `wanted`: what it must be, null if it is only told. */
export interface Finding {
  direction: 'in' | 'out' | 'both'
  name: string
  count: number
  wanted: number | null
  /** Who or what is meant, with all that is known of it. */
  details: string[]
}

/** Holds both ends' books against each other. */
export function compare(books: Books): Finding[] {
  const about = describe(books)
  return [...inbound(books, about), ...outbound(books, about), ...beside(books)]
}

/** Every line is as it must be. */
export const holds = (findings: Finding[]): boolean =>
  findings.every(({ count, wanted }) => wanted === null || count === wanted)

type About = ReturnType<typeof describe>

const idOf = ({ session, id }: { session: string; id: string }) => `${session} ${id}`

function inbound({ said, acknowledged, posts }: Books, about: About): Finding[] {
  const spoken = new Map(said.map(line => [idOf(line), line]))
  const taken = posts.filter(isTaken)
  const webhooks = firstBy(taken, ({ webhookId }) => webhookId)
  const delivered = firstBy(webhooks, idOf)
  const deliveredIds = new Set(delivered.map(idOf))
  const firsts = new Set(delivered)
  const doubled = webhooks.filter(post => !firsts.has(post))
  const strange = delivered.filter(post => !spoken.has(idOf(post)))
  const altered = taken.filter(post => {
    const line = spoken.get(idOf(post))
    return line !== undefined && (post.text !== line.text || post.from !== line.contact)
  })
  const lost = said.filter(line => !deliveredIds.has(idOf(line)))
  // A phone sends its devices more than what contacts say.
  const known = acknowledged.filter(line => spoken.has(idOf(line)))
  const good = known.filter(({ error }) => error === null)
  const goodIds = new Set(good.map(idOf))
  const heard = delivered.flatMap(post => spoken.get(idOf(post)) ?? [])
  return [
    told('in', 'said by contacts', said.length),
    told('in', 'acknowledged by the device', goodIds.size),
    told('in', 'delivered to Laravel', delivered.length),
    none('in', 'lost', lost, about.said),
    none(
      'in',
      'of these, acknowledged before',
      lost.filter(line => goodIds.has(idOf(line))),
      about.said,
    ),
    none('in', 'twice after dedupe by webhook-id', doubled, about.post),
    none(
      'in',
      'out of order in their chat',
      overtaken(heard, chatOf, ({ n }) => n),
      about.said,
    ),
    none('in', 'with another text or author', altered, about.post),
    none('in', 'that nobody said', strange, about.post),
    told('in', 'raw duplicates', taken.length - webhooks.length),
    told('in', 'refused by the device', known.length - good.length),
    told('in', 'POSTs that Laravel failed', posts.length - taken.length),
  ]
}

function outbound({ sends, arrived, askedAgain }: Books, about: About): Finding[] {
  const accepted = sends.filter(({ id }) => id !== null)
  const byId = Map.groupBy(arrived, ({ contact, id }) => `${contact} ${id}`)
  const copiesOf = ({ readers, id }: Send) => readers.map(reader => byId.get(`${reader} ${id}`) ?? [])
  const lost = accepted.filter(send => copiesOf(send).some(copies => copies.length === 0))
  const byText = new Map(sends.map(send => [send.text, send]))
  const altered = accepted.filter(send =>
    copiesOf(send)
      .flat()
      .some(({ text, session }) => text !== send.text || session !== send.session),
  )
  const ids = firstBy(arrived, ({ contact, id }) => `${contact} ${id}`)
  const firsts = new Set(firstBy(ids, ({ contact, text }) => `${contact} ${text}`))
  const doubled = ids.filter(line => !firsts.has(line))
  const strange = ids.filter(({ contact, id, text }) => {
    const send = byText.get(text)
    if (!send?.readers.includes(contact)) return true
    return (send.id !== null && send.id !== id) || send.outcome === 'refused'
  })
  const owners = new Set(firstBy(accepted, ({ chat, id }) => `${chat} ${id}`))
  const shared = accepted.filter(send => !owners.has(send))
  const seen = [...firsts].flatMap(line => {
    const send = byText.get(line.text)
    return send !== undefined && send.answered >= 0 ? [{ ...send, reader: line.contact }] : []
  })
  return [
    told('out', 'accepted from Laravel', accepted.length),
    told('out', 'decrypted by contacts', accepted.length - lost.length),
    none('out', 'lost', lost, about.send),
    none(
      'out',
      'never answered',
      sends.filter(({ outcome }) => outcome === 'asked'),
      about.send,
    ),
    none('out', 'under two ids', doubled, about.arrived),
    none('out', 'that share an id', shared, about.send),
    none(
      'out',
      'out of order in their chat',
      overtaken(seen, seenIn, ({ answered }) => answered),
      about.send,
    ),
    none('out', 'with another text or sender', altered, about.send),
    none('out', 'that nobody asked for', strange, about.arrived),
    none(
      'out',
      'refused',
      sends.filter(({ outcome }) => outcome === 'refused'),
      about.send,
    ),
    told('out', 'resent under the same id', arrived.length - ids.length),
    told('out', 'answered "queued" (202)', sends.filter(({ outcome }) => outcome === 'queued').length),
    told('out', 'answered "unknown"', sends.filter(({ outcome }) => outcome === 'unknown').length),
    told('out', 'asked more than once', sends.filter(({ requests }) => requests > 1).length),
    told('out', 'asked for again by the contact', askedAgain),
  ]
}

function beside({ pending, qrs, troubles }: Books): Finding[] {
  return [
    { direction: 'both', name: 'stanzas still at WhatsApp', count: pending, wanted: 0, details: [] },
    { direction: 'both', name: 'QRs after the linking', count: qrs, wanted: 0, details: [] },
    { direction: 'both', name: 'other troubles', count: troubles.length, wanted: 0, details: troubles },
  ]
}

const chatOf = ({ session, chat }: Said) => `${session} ${chat}`
const seenIn = ({ session, chat, reader }: Send & { reader: string }) => `${session} ${chat} ${reader}`

/** Those that came after one of their chat that belongs behind them. */
function overtaken<T>(lines: T[], chatOf: (line: T) => string, place: (line: T) => number): T[] {
  const furthest = new Map<string, number>()
  return lines.filter(line => {
    const before = furthest.get(chatOf(line)) ?? -1
    furthest.set(chatOf(line), Math.max(before, place(line)))
    return place(line) < before
  })
}

function firstBy<T>(lines: T[], key: (line: T) => string): T[] {
  const seen = new Set<string>()
  return lines.filter(line => {
    if (seen.has(key(line))) return false
    seen.add(key(line))
    return true
  })
}

const told = (direction: Finding['direction'], name: string, count: number): Finding => ({
  direction,
  name,
  count,
  wanted: null,
  details: [],
})

function none<T>(
  direction: Finding['direction'],
  name: string,
  lines: T[],
  words: (line: T) => string,
): Finding {
  return { direction, name, count: lines.length, wanted: 0, details: lines.slice(0, SHOWN).map(words) }
}

const SHOWN = 5
