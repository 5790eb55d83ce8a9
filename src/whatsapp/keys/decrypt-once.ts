import { createHash } from 'node:crypto'
import type { EventEmitter } from 'node:events'
import {
  addTransactionCapability,
  type BinaryNode,
  DEFAULT_CONNECTION_CONFIG,
  decodeMessageNode,
  isPnUser,
  proto,
  type SignalKeyStoreWithTransaction,
  type SocketConfig,
  unpadRandomMax16,
  type WAMessage,
  type WAMessageKey,
} from '@whiskeysockets/baileys'
import type { InboxRow } from '../../ports/key-store.ts'
import type { Store } from '../../ports/store.ts'
import { accountJid } from '../jid.ts'
import { wasOffline } from '../patches/arrival-order.ts'
import { holdsSenderKey } from '../patches/sender-key-redelivery.ts'
import { NEWSLETTER_NOTIFICATION, postsIn } from '../newsletter-posts.ts'
import type { Wire } from '../socket/guarded-socket.ts'
import type { AuthState, KeySet } from './auth-state.ts'

export interface Me {
  id: string
  lid: string | null
}

/** Options of every Signal transaction; Baileys' own default freezes a session for 30 s on a full disk. */
export const TRANSACTIONS = { maxCommitRetries: 3, delayBetweenTriesMs: 200 }

const NOTHING = new Uint8Array(0)
/** The types of `<unavailable>` that Baileys acknowledges and drops: no device gets those messages. */
const NEVER_RESENT = new Set([
  'bot_unavailable_fanout',
  'hosted_unavailable_fanout',
  'view_once_unavailable_fanout',
])

/**
 * Decrypts each ciphertext once in a stream's life: the plaintext and its stanza are committed together with the ratchet that
 * they moved, and a ciphertext that WhatsApp delivers again is answered from that row. One transaction per peer, whichever of
 * its addresses is used, and one per author of a group: Baileys locks sends by the own account, decrypts by the peer's address
 * as written, and not at all where it makes the record of a sender key.
 */
export class DecryptOnce {
  /** For Baileys' configuration. */
  readonly makeSignalRepository: SocketConfig['makeSignalRepository']
  readonly #store: Store
  readonly #streamId: string
  readonly #auth: AuthState
  readonly #now: () => number
  readonly #stanzas = new WeakMap<Uint8Array, BinaryNode>()
  /** By message key: what was decrypted and not handed over by Baileys yet. */
  readonly #pending = new Map<string, InboxRow[]>()

  constructor(store: Store, streamId: string, auth: AuthState, now: () => number) {
    this.#store = store
    this.#streamId = streamId
    this.#auth = auth
    this.#now = now
    this.makeSignalRepository = (signal, logger, pnToLid) => {
      const keys = addTransactionCapability(auth.keys, logger, TRANSACTIONS)
      const repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(
        { creds: signal.creds, keys },
        logger,
        pnToLid,
      )
      const peer = async (jid: string) => {
        const lid = isPnUser(jid) ? await repository.lidMapping.getLIDForPN(jid) : null
        return repository.jidToSignalProtocolAddress(lid ?? jid)
      }
      // The name of the record of a sender key, as libsignal's sender-key-name.js makes it.
      const author = (group: string | null | undefined, jid: string) =>
        [group, ...repository.jidToSignalProtocolAddress(jid).split('.')].join('::')
      return {
        ...repository,
        decryptMessage: async message =>
          this.#once(keys, await peer(message.jid), message.ciphertext, () =>
            repository.decryptMessage(message),
          ),
        decryptGroupMessage: message =>
          this.#once(keys, author(message.group, message.authorJid), message.msg, () =>
            repository.decryptGroupMessage(message),
          ),
        processSenderKeyDistributionMessage: message => {
          const name = author(message.item.groupId, message.authorJid)
          return keys.transaction(async () => {
            const held = await holdsSenderKey(keys, name, message.item)
            if (!held) await repository.processSenderKeyDistributionMessage(message)
          }, name)
        },
        encryptGroupMessage: message =>
          keys.transaction(
            () => repository.encryptGroupMessage(message),
            author(message.group, message.meId),
          ),
        getSenderKeyDistributionMessage: message =>
          keys.transaction(
            () => repository.getSenderKeyDistributionMessage(message),
            author(message.group, message.meId),
          ),
        encryptMessage: async message =>
          keys.transaction(() => repository.encryptMessage(message), await peer(message.jid)),
        injectE2ESession: async message =>
          keys.transaction(() => repository.injectE2ESession(message), await peer(message.jid)),
      }
    }
  }

  /**
   * Learns which stanza each ciphertext came in; `ws` is the socket's. Baileys hands the very same bytes on. What comes without
   * encryption (a newsletter's posts, in messages or notifications), or without any content, is kept as a row, too, and `hold`
   * keeps its acknowledgement until that is durable, unless its chat is `ignored`.
   */
  watch(ws: EventEmitter, hold: Wire['hold'], ignored: (jid: string) => boolean): void {
    ws.prependListener('CB:message', (stanza: BinaryNode) => {
      const parts = childrenOf(stanza).filter(({ tag }) => tag === 'enc' || tag === 'plaintext')
      const wanted = !ignored(stanza.attrs.from ?? '')
      let empty = true
      for (const { tag, content } of parts) {
        if (!(content instanceof Uint8Array)) continue
        empty = false
        if (tag === 'enc') this.#stanzas.set(content, stanza)
        else if (wanted) hold(this.#keepPlain(stanza, content))
      }
      const kind = childrenOf(stanza).find(({ tag }) => tag === 'unavailable')?.attrs.type
      if (empty && wanted && !NEVER_RESENT.has(kind ?? '')) hold(this.#keepPlain(stanza, NOTHING))
    })
    ws.prependListener(NEWSLETTER_NOTIFICATION, (stanza: BinaryNode) => {
      if (ignored(stanza.attrs.from ?? '')) return
      for (const post of postsIn(stanza))
        for (const { tag, content } of childrenOf(post))
          if (tag === 'plaintext' && content instanceof Uint8Array && content.length > 0)
            hold(this.#keepPlain(post, content))
    })
  }

  /** The rows of what was decrypted for a message that Baileys now hands over, in the order of its parts. */
  handedOver(key: WAMessageKey): InboxRow[] {
    const name = nameOf(key)
    const rows = this.#pending.get(name) ?? []
    this.#pending.delete(name)
    return rows
  }

  /** What was decrypted and never handed over, because the socket ended in between. */
  leftovers(): InboxRow[] {
    const rows = [...this.#pending.values()].flat()
    this.#pending.clear()
    return rows
  }

  async #once(
    keys: SignalKeyStoreWithTransaction,
    peer: string,
    ciphertext: Uint8Array,
    decrypt: () => Promise<Uint8Array>,
  ): Promise<Uint8Array> {
    const stanza = this.#stanzas.get(ciphertext)
    if (!stanza) return decrypt()
    const hash = createHash('sha256').update(ciphertext).digest('hex')
    const row = await keys.transaction(async () => {
      const known = this.#store.keys.inbox(this.#streamId, hash)
      if (known) return known
      const plaintext = await decrypt()
      const fresh: InboxRow = { hash, plaintext, stanza: stanzaText(stanza), at: this.#now() }
      await keys.set({ inbox: { [hash]: fresh } } satisfies KeySet as KeySet)
      return fresh
    }, peer)
    this.#remember(stanza, row)
    return Buffer.from(row.plaintext)
  }

  /** Resolves when the stanza is durable. Two posts may say the same, so that the hash is also that of their names. */
  async #keepPlain(stanza: BinaryNode, content: Uint8Array): Promise<void> {
    const { from, participant, id } = stanza.attrs
    const name = [from, participant, id].join('|')
    const hash = createHash('sha256').update(name).update(content).digest('hex')
    const row: InboxRow = { hash, plaintext: content, stanza: stanzaText(stanza, true), at: this.#now() }
    try {
      this.#remember(stanza, row)
    } catch {
      // No message for Baileys either: it refuses the stanza.
      return
    }
    if (!this.#store.keys.inbox(this.#streamId, hash))
      await this.#auth.keys.set({ inbox: { [hash]: row } } satisfies KeySet as KeySet)
  }

  #remember(stanza: BinaryNode, row: InboxRow): void {
    const name = nameOf(decodeMessageNode(stanza, ...names(this.#auth.creds.me)).fullMessage.key)
    this.#pending.set(name, [...(this.#pending.get(name) ?? []), row])
  }
}

/** Rebuilds what Baileys would have handed over for a decrypted stanza; throws when it cannot be read. */
export function rebuild(row: InboxRow, me: Me): { message: WAMessage; offline: boolean } {
  const { attrs, children, plain } = JSON.parse(row.stanza) as StoredStanza
  const { fullMessage } = decodeMessageNode({ tag: 'message', attrs }, me.id, me.lid ?? '')
  if (isBare(row)) {
    const isViewOnce = children.some(({ tag, attrs }) => tag === 'unavailable' && attrs.type === 'view_once')
    return {
      message: { ...fullMessage, key: { ...fullMessage.key, isViewOnce } },
      offline: wasOffline(attrs),
    }
  }
  const content = proto.Message.decode(plain ? row.plaintext : unpadRandomMax16(row.plaintext))
  return {
    message: { ...fullMessage, message: content.deviceSentMessage?.message ?? content },
    offline: wasOffline(attrs),
  }
}

/** Whether the stanza of a row had no content: the message is elsewhere. */
export const isBare = ({ plaintext }: InboxRow): boolean => plaintext.length === 0

interface StoredStanza {
  attrs: BinaryNode['attrs']
  children: Pick<BinaryNode, 'tag' | 'attrs'>[]
  /** The plaintext came as such, without padding. */
  plain?: true
}

/** All that is needed to rebuild a message; the ciphertext is not. */
function stanzaText(stanza: BinaryNode, plain = false): string {
  const children = childrenOf(stanza).map(({ tag, attrs }) => ({ tag, attrs }))
  return JSON.stringify({ attrs: stanza.attrs, children, ...(plain && { plain }) })
}

const childrenOf = (stanza: BinaryNode) => (Array.isArray(stanza.content) ? stanza.content : [])

const names = (me: { id: string; lid?: string | undefined } | undefined) =>
  [me?.id ?? '', me?.lid ?? ''] as const

function nameOf(key: WAMessageKey): string {
  return `${accountJid(key.remoteJid)}|${accountJid(key.participant)}|${key.fromMe ? 1 : 0}|${key.id}`
}
