import type { Ignored, ParsedContent, SealedPart } from '../content/parsed-content.ts'
import { authorsOf, isInChat, namesOf, type OpeningContext, writtenAt } from './originals.ts'
import { readOpened } from './read-opened.ts'
import { isWellFormed, openSeal, SEALS } from './seals.ts'

/** Who sealed something, in which chat (all its names) and when (ms). */
export interface Sealer {
  jids: (string | null)[]
  chat: (string | null)[]
  at: number
}

/** Sealed and not opened: nobody is told. `awaits` is the id of an original that may still come. */
export interface Unopened extends Ignored {
  awaits: string | null
}

/** How long an original may be on its way: it waits until its author is there to encrypt it again. */
const LATEST_ORIGINAL_MS = 24 * 60 * 60 * 1000

/**
 * Opens what is sealed under the secret of another message. Who sealed it is the sender of the envelope; of the message that it is
 * about only the id is taken from within, as its key is written from the sealer's side. A vote in a poll that nobody here has stays
 * a vote without words.
 */
export async function openSealed(
  content: ParsedContent & { sealed: SealedPart },
  sealer: Sealer,
  context: OpeningContext,
): Promise<ParsedContent | Unopened> {
  const { sealed, replyTo: id } = content
  const { byAuthor, within } = SEALS[sealed.kind]
  if (id === null || !isWellFormed(sealed)) return unopened('sealed, and not well formed')
  const [chat, sealers] = [await namesOf(sealer.chat, context), await namesOf(sealer.jids, context)]
  const known = await context.originals(id)
  const originals = []
  for (const one of known)
    if (await isInChat(one.content, chat, context))
      originals.push({ ...one, authors: await authorsOf(one.content, context) })
  const secrets = originals.filter(({ secret }) => secret !== null)
  if (secrets.length === 0) {
    if (sealed.kind === 'vote') return { ...content, sealed: null }
    if (known.length > 0) return unopened('sealed under a secret that is not known, or from another chat')
    const late = context.now() - sealer.at > LATEST_ORIGINAL_MS
    return unopened('sealed for a message that is not known', late ? null : id)
  }
  for (const original of secrets) {
    const { secret, authors } = original
    if (byAuthor && !authors.some(name => sealers.includes(name))) continue
    const written = writtenAt(original.content)
    if (within !== undefined && written !== null && sealer.at - written > within) continue
    const plain = openSeal(sealed, { id, secret: secret!, authors, sealers })
    const opened = plain && readOpened(content, plain, original.content, context)
    if (opened) return opened
  }
  return unopened('sealed by another than its author, too late, or under other names')
}

const unopened = (why: string, awaits: string | null = null): Unopened => ({ ignored: why, awaits })
