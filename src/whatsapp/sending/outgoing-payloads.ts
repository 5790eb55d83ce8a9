import type { Readable } from 'node:stream'
import {
  type GroupMetadata,
  generateWAMessageContent,
  proto,
  type WAMediaUploadFunction,
} from '@whiskeysockets/baileys'
import { bounded } from '../../base/bounded.ts'
import { GatewayError } from '../../base/errors.ts'
import type { ReceivedContent } from '../../messages/received.ts'
import type { SendContent } from '../../messages/send.ts'
import type { Store } from '../../ports/store.ts'
import type { ChatTimers } from '../disappearing/chat-timers.ts'
import { withTimer } from '../disappearing/with-timer.ts'
import { accountJid, isGroup } from '../jid.ts'
import { withNames } from './mentions.ts'
import { captionEdit, type ReferencedMessage, toBaileysContent } from './to-baileys-content.ts'

export interface PayloadDeps {
  store: Pick<Store, 'commit' | 'messages'>
  /** Bytes of a file in the media store. */
  openFile(id: string): Promise<Readable | null>
  upload: WAMediaUploadFunction
  me(): string
  now(): number
  timers: Pick<ChatTimers, 'forSend'>
  /** A group as it is now; undefined for other chats. */
  members(jid: string): Promise<GroupMetadata | undefined>
  /** All names of an account (full jids), a LID first. */
  namesOf(jid: string): Promise<string[]>
}

/** Encoded sends remembered for what comes right after: a second transmission, a retry receipt. */
const MAX_KNOWN = 50

/**
 * What goes out for each send of a stream. What has something random in it (the key of a file, the secret of a poll) is made once and stored
 * before it leaves: every later transmission under that id is the very same message.
 */
export class OutgoingPayloads {
  readonly #deps: PayloadDeps
  readonly #stream: { streamId: string; epoch: number }
  readonly #known = bounded<proto.IMessage>(MAX_KNOWN)

  constructor(deps: PayloadDeps, stream: { streamId: string; epoch: number }) {
    this.#deps = deps
    this.#stream = { streamId: stream.streamId, epoch: stream.epoch }
  }

  /**
   * Rejects with GatewayError when what the send needs is gone, or as the upload does. `secret` is the message's while the store
   * may not have it yet.
   */
  async make(messageId: string, content: SendContent, secret?: Uint8Array): Promise<proto.IMessage> {
    // A group says with its members how long its messages stay.
    const group = await this.#deps.members(content.to)
    const timer = await this.#deps.timers.forSend(content.to)
    const known =
      isRepeatable(content) && timer === null ? this.#known.get(messageId) : await this.#find(messageId)
    if (known) return known
    const referenced = await this.referencedBy(content)
    const named = await withNames(content, group, jid => this.#deps.namesOf(jid))
    const made = withTimer(await this.#build(messageId, named, referenced, secret), content.type, timer)
    this.#known.set(messageId, made)
    if (isRepeatable(content) && !timer?.expiration) return made
    const { streamId, epoch } = this.#stream
    const bytes = proto.Message.encode(made).finish()
    await this.#deps.store.commit({
      streamId,
      epoch,
      messages: [{ encoded: { messageId, proto: bytes } }],
    })
    return made
  }

  /** What went out under that id, as a retry receipt asks for it; undefined if it is not known. */
  async payloadOf(messageId: string): Promise<proto.IMessage | undefined> {
    const known = await this.#find(messageId)
    if (known) return known
    const row = await this.#deps.store.messages.find(this.#stream.streamId, messageId, 'out')
    if (row === null || row.unreadable) return undefined
    const { content } = row
    if (!('to' in content) || !isRepeatable(content)) return undefined
    const group = await this.#deps.members(content.to)
    const named = await withNames(content, group, jid => this.#deps.namesOf(jid))
    return this.#build(messageId, named, await this.referencedBy(content))
  }

  /** The message that a send refers to; null if it refers to none. Rejects with SEND_FAILED for one that is not known. */
  async referencedBy(content: SendContent): Promise<ReferencedMessage | null> {
    const { reply_to: id } = content
    if (id === null) return null
    const row = await this.#deps.store.messages.find(this.#stream.streamId, id)
    if (row === null)
      throw new GatewayError('SEND_FAILED', 'The message that it refers to is not known any more.')
    const { content: original } = row
    if ('to' in original) {
      const author = accountJid(this.#deps.me()) ?? ''
      return {
        key: { remoteJid: original.to, fromMe: true, id },
        author,
        type: original.type,
        quote: quoteOf(original),
      }
    }
    const author = original.from_me
      ? (accountJid(this.#deps.me()) ?? '')
      : (original.participant ?? original.chat_id)
    return {
      key: {
        remoteJid: original.chat_id,
        fromMe: original.from_me,
        id,
        ...(isGroup(original.chat_id) && original.participant && { participant: original.participant }),
      },
      author,
      type: original.type,
      quote: quoteOf(original),
    }
  }

  async #find(messageId: string): Promise<proto.IMessage | undefined> {
    const known = this.#known.get(messageId)
    if (known) return known
    const stored = await this.#deps.store.messages.encoded(this.#stream.streamId, messageId)
    return stored === null ? undefined : proto.Message.decode(stored)
  }

  async #build(
    messageId: string,
    content: SendContent,
    referenced: ReferencedMessage | null,
    secret?: Uint8Array,
  ): Promise<proto.IMessage> {
    const words = captionEdit(content, referenced, this.#deps.now())
    if (words !== null) return words
    const file = await this.#fileOf(content)
    try {
      const made = await generateWAMessageContent(toBaileysContent(content, { file, referenced }), {
        upload: this.#deps.upload,
      })
      const messageSecret =
        secret ?? (await this.#deps.store.messages.secretOf(this.#stream.streamId, messageId))
      // Baileys draws another one each time (messages.js); what others add is sealed under the one that is kept.
      if (messageSecret) made.messageContextInfo = { ...made.messageContextInfo, messageSecret }
      return made
    } finally {
      file?.destroy()
    }
  }

  async #fileOf(content: SendContent): Promise<Readable | null> {
    if (!('media' in content)) return null
    const { id } = content.media
    const file = id === null ? null : await this.#deps.openFile(id)
    if (file === null)
      throw new GatewayError('SEND_FAILED', 'The file of this message is gone from the media store.')
    return file
  }
}

/** Built again from its content and its stored secret it is the same: no key, no file. */
const isRepeatable = ({ type }: SendContent) => type === 'text' || type === 'location' || type === 'contact'

/** A quote shows words; of everything else, what it is. */
function quoteOf(message: SendContent | ReceivedContent): proto.IMessage {
  const body = 'body' in message ? message.body : null
  const caption = 'caption' in message ? message.caption : null
  return { conversation: body || caption || (message.type === 'text' ? '' : `[${message.type}]`) }
}
