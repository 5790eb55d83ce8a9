import { createHash } from 'node:crypto'
import type { EventEmitter } from 'node:events'
import {
  type BinaryNode,
  decodeMessageNode,
  getAllBinaryNodeChildren,
  type SocketConfig,
  type WAMessageKey,
} from '@whiskeysockets/baileys'
import { messageKey } from '../../messages/message-ref.ts'
import type { InboxRow } from '../../ports/key-store.ts'
import { accountJid, isGroup, isStatus } from '../jid.ts'
import { NEWSLETTER_NOTIFICATION, postsIn } from '../newsletter-posts.ts'
import { isViewOnceStub } from '../patches/stanzas/view-once-acks.ts'
import type { AuthState, KeySet } from './auth-state.ts'
import { stanzaText } from './inbox-rows.ts'
import { type Decryption, signalRepositoryMaker } from './signal-repository.ts'

const NOTHING = new Uint8Array(0)
/** An empty message with its padding: for what was done, and is erased. */
const ERASED = new Uint8Array([1])
/** A decrypted stanza that Baileys has not handed over; `isDone`: it was recorded in an earlier life of it. */
interface PendingRow {
  row: InboxRow
  isDone: Promise<boolean> | boolean
}

/** The types of `<unavailable>` that Baileys acknowledges and drops: no device gets those messages. */
const NEVER_RESENT = new Set(['bot_unavailable_fanout', 'hosted_unavailable_fanout'])

/**
 * Decrypts each ciphertext once in a stream's life: the plaintext and its stanza are committed together with the ratchet that
 * they moved, and a ciphertext that WhatsApp delivers again is answered from that row.
 */
export class DecryptOnce {
  /** For Baileys' configuration. */
  readonly makeSignalRepository: SocketConfig['makeSignalRepository']
  readonly #auth: AuthState
  readonly #now: () => number
  readonly #decrypting: ((messageId: string) => () => void) | undefined
  readonly #stanzas = new WeakMap<Uint8Array, BinaryNode>()
  /** By message key: the rows of what was decrypted and not handed over by Baileys yet. */
  readonly #pending = new Map<string, PendingRow[]>()

  /** `decrypting`: hears of the message whose ciphertext it is, and is told when that is done. */
  constructor(auth: AuthState, now: () => number, decrypting?: (messageId: string) => () => void) {
    this.#auth = auth
    this.#now = now
    this.#decrypting = decrypting
    this.makeSignalRepository = signalRepositoryMaker(auth.keys, decryption => this.#decrypt(decryption))
  }

  /**
   * Learns which stanza each ciphertext came in; `ws` is the socket's. Baileys hands the very same bytes on. What comes without
   * encryption (a newsletter's posts, in messages or notifications), or without any content, is kept as a row, too, unless its chat is
   * `ignored`. Baileys never hands over stubs of what may be seen once: `tellStub` gets their rows.
   */
  watch(ws: EventEmitter, ignored: (jid: string) => boolean, tellStub: (row: InboxRow) => void): void {
    ws.prependListener('CB:message', (stanza: BinaryNode) => {
      const children = getAllBinaryNodeChildren(stanza)
      const parts = children.filter(({ tag }) => tag === 'enc' || tag === 'plaintext')
      const wanted = !ignored(stanza.attrs.from ?? '')
      let empty = true
      for (const { tag, content } of parts) {
        if (!(content instanceof Uint8Array)) continue
        empty = false
        if (tag === 'enc') this.#stanzas.set(content, stanza)
        else if (wanted) this.#keepUnencrypted(stanza, content)
      }
      if (!empty || !wanted) return
      const kind = children.find(({ tag }) => tag === 'unavailable')?.attrs.type
      if (isViewOnceStub(children)) this.#keepUnencrypted(stanza, NOTHING, tellStub)
      else if (!NEVER_RESENT.has(kind ?? '')) this.#keepUnencrypted(stanza, NOTHING)
    })
    ws.prependListener(NEWSLETTER_NOTIFICATION, (stanza: BinaryNode) => {
      if (ignored(stanza.attrs.from ?? '')) return
      for (const post of postsIn(stanza))
        for (const { tag, content } of getAllBinaryNodeChildren(post))
          if (tag === 'plaintext' && content instanceof Uint8Array && content.length > 0)
            this.#keepUnencrypted(post, content)
    })
  }

  /**
   * The rows of what was decrypted for a message that Baileys now hands over, in the order of its parts, without those that were done
   * before: `again` when it has no other, so that there is nothing new in it. They are taken at once.
   */
  async takeRows(key: WAMessageKey): Promise<{ rows: InboxRow[]; again: boolean }> {
    const name = nameOf(key)
    const all = this.#pending.get(name) ?? []
    this.#pending.delete(name)
    const rows = await notDone(all)
    return { rows, again: all.length > 0 && rows.length === 0 }
  }

  /** The rows of what was decrypted and never handed over, because the socket ended in between. They are taken at once. */
  takeAllRows(): Promise<InboxRow[]> {
    const all = [...this.#pending.values()].flat()
    this.#pending.clear()
    return notDone(all)
  }

  async #decrypt({ keys, lock, ciphertext, decrypt }: Decryption): Promise<Uint8Array> {
    const stanza = this.#stanzas.get(ciphertext)
    if (!stanza) return decrypt()
    const decrypted = this.#decrypting?.(stanza.attrs.id ?? '')
    const hash = createHash('sha256').update(ciphertext).digest('hex')
    const key = this.#keyIn(stanza)
    const row = await keys.transaction(async () => {
      const known = await this.#auth.inboxRow(hash, dedupeKeysOf(key))
      if (known) return known
      const plaintext = await decrypt()
      const fresh: InboxRow = { hash, plaintext, stanza: stanzaText(stanza), at: this.#now() }
      await keys.set({ inbox: { [hash]: fresh } } satisfies KeySet as KeySet)
      return { ...fresh, done: false }
    }, lock)
    decrypted?.()
    this.#remember(key, { row, isDone: row.done })
    return Buffer.from(row.plaintext.length > 0 ? row.plaintext : ERASED)
  }

  /** Two posts may say the same, so that the hash is also that of their names. */
  #keepUnencrypted(stanza: BinaryNode, content: Uint8Array, tell?: (row: InboxRow) => void): void {
    const { from, participant, id } = stanza.attrs
    const name = [from, participant, id].join('|')
    const hash = createHash('sha256').update(name).update(content).digest('hex')
    const row: InboxRow = { hash, plaintext: content, stanza: stanzaText(stanza, true), at: this.#now() }
    // What cannot be read is taken for new: whoever records it looks again.
    const isDone = this.#auth.storedRow(hash).then(
      known => known?.done ?? false,
      () => false,
    )
    try {
      const key = this.#keyIn(stanza)
      if (!tell) this.#remember(key, { row, isDone })
    } catch {
      // No message for Baileys either: it refuses the stanza.
      return
    }
    // At once, before the acknowledgement; a row that is there stays as it is. Where it cannot be kept the socket has ended, and acknowledges nothing.
    this.#keep(row).catch(() => {})
    if (tell) void isDone.then(done => done || tell(row))
  }

  async #keep(row: InboxRow): Promise<void> {
    await this.#auth.keys.set({ inbox: { [row.hash]: row } } satisfies KeySet as KeySet)
  }

  #remember(key: WAMessageKey, row: PendingRow): void {
    const name = nameOf(key)
    this.#pending.set(name, [...(this.#pending.get(name) ?? []), row])
  }

  /** Throws when it is no message. */
  #keyIn(stanza: BinaryNode): WAMessageKey {
    const { me } = this.#auth.creds
    return decodeMessageNode(stanza, me?.id ?? '', me?.lid ?? '').fullMessage.key
  }
}

async function notDone(all: PendingRow[]): Promise<InboxRow[]> {
  const done = await Promise.all(all.map(({ isDone }) => isDone))
  return all.flatMap(({ row }, i) => (done[i] ? [] : [row]))
}

/** Under which the log has a message, if it has it: by each name that the stanza says of who wrote, or of whose chat it is. */
function dedupeKeysOf({
  remoteJid,
  remoteJidAlt,
  participant,
  participantAlt,
  fromMe,
  id,
}: WAMessageKey & { remoteJidAlt?: string; participantAlt?: string }): string[] {
  const chat = accountJid(remoteJid)
  if (chat === null || !id) return []
  const inGroup = isGroup(chat) || isStatus(chat)
  const names = new Set((inGroup ? [participant, participantAlt] : [chat, remoteJidAlt]).map(accountJid))
  return [...names].flatMap(name =>
    name === null ? [] : messageKey(inGroup ? chat : name, inGroup ? name : null, fromMe === true, id),
  )
}

function nameOf(key: WAMessageKey): string {
  return `${accountJid(key.remoteJid)}|${accountJid(key.participant)}|${key.fromMe ? 1 : 0}|${key.id}`
}
