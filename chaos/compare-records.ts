import { describeMessages } from './describe-message.ts'
import { isTaken, type Records, type Said, type Send } from './records.ts'

/** One line of the comparison. `wanted`: what it must be, null if it is only counted. */
export interface Finding {
  direction: 'in' | 'out' | 'both' | 'sessions'
  name: string
  count: number
  wanted: number | null
  /** Who or what is meant, with all that is known of it. */
  details: string[]
}

/** Compares what both ends recorded. */
export function compareRecords(records: Records): Finding[] {
  const about = describeMessages(records)
  return [...inbound(records, about), ...outbound(records, about), ...beside(records)]
}

/** Every line is as it must be. */
export const passes = (findings: Finding[]): boolean =>
  findings.every(({ count, wanted }) => wanted === null || count === wanted)

type About = ReturnType<typeof describeMessages>

const idOf = ({ session, id }: { session: string; id: string }) => `${session} ${id}`

function inbound({ said, acknowledged, posts, late }: Records, about: About): Finding[] {
  const saidById = new Map(said.map(line => [idOf(line), line]))
  const taken = posts.filter(isTaken)
  const webhooks = firstOfEach(taken, ({ webhookId }) => webhookId)
  const delivered = firstOfEach(webhooks, idOf)
  const deliveredIds = new Set(delivered.map(idOf))
  const firsts = new Set(delivered)
  const doubled = webhooks.filter(post => !firsts.has(post))
  const unknown = delivered.filter(post => !saidById.has(idOf(post)))
  const altered = taken.filter(post => {
    const line = saidById.get(idOf(post))
    return line !== undefined && (post.text !== line.text || post.from !== line.contact)
  })
  const lost = said.filter(line => !deliveredIds.has(idOf(line)))
  // A phone sends its devices more than what contacts say.
  const known = acknowledged.filter(line => saidById.has(idOf(line)))
  const good = known.filter(({ error }) => error === null)
  const goodIds = new Set(good.map(idOf))
  const overtaken = new Set(late)
  const inTurn = delivered.filter(({ id }) => !overtaken.has(id))
  const deliveredInOrder = inTurn.flatMap(post => saidById.get(idOf(post)) ?? [])
  return [
    counted('in', 'said by contacts', said.length),
    counted('in', 'acknowledged by the device', goodIds.size),
    counted('in', 'delivered to Laravel', delivered.length),
    mustBeNone('in', 'lost', lost, about.said),
    mustBeNone(
      'in',
      'of these, acknowledged before',
      lost.filter(line => goodIds.has(idOf(line))),
      about.said,
    ),
    mustBeNone('in', 'twice after dedupe by webhook-id', doubled, about.post),
    mustBeNone(
      'in',
      'out of order in their chat',
      outOfOrder(deliveredInOrder, chatOf, ({ n }) => n),
      about.said,
    ),
    mustBeNone('in', 'with another text or author', altered, about.post),
    mustBeNone('in', 'that nobody said', unknown, about.post),
    counted('in', 'raw duplicates', taken.length - webhooks.length),
    counted('in', 'refused by the device', known.length - good.length),
    counted('in', 'POSTs that Laravel failed', posts.length - taken.length),
  ]
}

function outbound({ sends, arrived, askedAgain, struck, late }: Records, about: About): Finding[] {
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
  const ids = firstOfEach(arrived, ({ contact, id }) => `${contact} ${id}`)
  const firsts = new Set(firstOfEach(ids, ({ contact, text }) => `${contact} ${text}`))
  const doubled = ids.filter(line => !firsts.has(line))
  const unknown = ids.filter(({ contact, id, text }) => {
    const send = byText.get(text)
    if (!send?.readers.includes(contact)) return true
    return (send.id !== null && send.id !== id) || send.outcome === 'refused'
  })
  const owners = new Set(firstOfEach(accepted, ({ chat, id }) => `${chat} ${id}`))
  const shared = accepted.filter(send => !owners.has(send))
  const overtaken = new Set(late)
  const seen = [...firsts].flatMap(line => {
    if (overtaken.has(line.id)) return []
    const send = byText.get(line.text)
    return send !== undefined && send.answered >= 0 ? [{ ...send, reader: line.contact }] : []
  })
  return [
    counted('out', 'accepted from Laravel', accepted.length),
    counted('out', 'decrypted by contacts', accepted.length - lost.length),
    mustBeNone('out', 'lost', lost, about.send),
    mustBeNone(
      'out',
      'never answered',
      sends.filter(({ outcome }) => outcome === 'asked'),
      about.send,
    ),
    mustBeNone('out', 'under two ids', doubled, about.arrived),
    mustBeNone('out', 'that share an id', shared, about.send),
    mustBeNone(
      'out',
      'out of order in their chat',
      outOfOrder(seen, seenIn, ({ answered }) => answered),
      about.send,
    ),
    mustBeNone('out', 'with another text or sender', altered, about.send),
    mustBeNone('out', 'that nobody asked for', unknown, about.arrived),
    mustBeNone(
      'out',
      'refused',
      sends.filter(({ outcome }) => outcome === 'refused'),
      about.send,
    ),
    counted('out', 'resent under the same id', arrived.length - ids.length),
    counted('out', 'answered "queued" (202)', sends.filter(({ outcome }) => outcome === 'queued').length),
    counted('out', 'answered "unknown"', sends.filter(({ outcome }) => outcome === 'unknown').length),
    counted('out', 'asked more than once', sends.filter(({ requests }) => requests > 1).length),
    // Without faults a contact that cannot decrypt was written to under keys that had moved on.
    { ...counted('out', 'asked for again by the contact', askedAgain), wanted: struck ? null : 0 },
  ]
}

function beside({ pending, qrs, troubles }: Records): Finding[] {
  return [
    { direction: 'both', name: 'stanzas still at WhatsApp', count: pending, wanted: 0, details: [] },
    { direction: 'both', name: 'QRs after the linking', count: qrs, wanted: 0, details: [] },
    { direction: 'both', name: 'other troubles', count: troubles.length, wanted: 0, details: troubles },
  ]
}

const chatOf = ({ session, chat }: Said) => `${session} ${chat}`
const seenIn = ({ session, chat, reader }: Send & { reader: string }) => `${session} ${chat} ${reader}`

/** Those that came after one of the same chat that should have come later. */
function outOfOrder<T>(lines: T[], chatOf: (line: T) => string, place: (line: T) => number): T[] {
  const furthest = new Map<string, number>()
  return lines.filter(line => {
    const before = furthest.get(chatOf(line)) ?? -1
    furthest.set(chatOf(line), Math.max(before, place(line)))
    return place(line) < before
  })
}

function firstOfEach<T>(lines: T[], key: (line: T) => string): T[] {
  const seen = new Set<string>()
  return lines.filter(line => {
    if (seen.has(key(line))) return false
    seen.add(key(line))
    return true
  })
}

const counted = (direction: Finding['direction'], name: string, count: number): Finding => ({
  direction,
  name,
  count,
  wanted: null,
  details: [],
})

function mustBeNone<T>(
  direction: Finding['direction'],
  name: string,
  lines: T[],
  words: (line: T) => string,
): Finding {
  return { direction, name, count: lines.length, wanted: 0, details: lines.slice(0, SHOWN).map(words) }
}

const SHOWN = 5
