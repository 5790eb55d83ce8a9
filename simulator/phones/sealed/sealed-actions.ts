import type { proto } from '@whiskeysockets/baileys'
import type { Addressing } from '../../accounts/account.ts'
import { type EventAnswer, type SealedContent, sealedMessage } from '../../content/sealed-messages.ts'
import type { Spoilt } from '../../content/sealing.ts'
import type { World } from '../../world.ts'
import { findMessage } from '../chat-messages.ts'
import type { ContactState } from '../contact-state.ts'
import { messageFrom, type Sayable, type SayOptions, send } from '../send.ts'

/**
 * How something is sealed: under which of the two addresses of the author and of the one who seals (as the chat is addressed unless
 * given, LIDs in LID chats), and what is wrong with it.
 */
export type SealOptions = SayOptions & {
  authorAs?: Addressing
  sealedAs?: Addressing
  spoilt?: Spoilt
  /** It is sent though another wrote the original. */
  forged?: boolean
  /** Another `secretEncType`. */
  type?: number
}

/** What a person adds to messages under their secrets: AES-GCM inside Signal, so that only who has the original can read it. */
export class SealedActions {
  readonly #world: World
  readonly #state: ContactState

  constructor(world: World, state: ContactState) {
    this.#world = world
    this.#state = state
  }

  /** Puts other content in the place of what it said. Rejects for what another said, unless `forged`. */
  async edit(to: string, id: string, content: Sayable, options: SealOptions = {}): Promise<{ id: string }> {
    const message = await messageFrom(this.#world, content)
    return this.#change(to, id, { label: 'Message Edit', message }, options)
  }

  /** Changes an event that it made. */
  editEvent(
    to: string,
    id: string,
    eventMessage: proto.Message.IEventMessage,
    options: SealOptions = {},
  ): Promise<{ id: string }> {
    return this.#change(to, id, { label: 'Event Edit', message: { eventMessage } }, options)
  }

  /** Puts another question or other options into a poll that it made. */
  async editPoll(to: string, id: string, poll: Sayable, options: SealOptions = {}): Promise<{ id: string }> {
    const { messageContextInfo: _, ...message } = await messageFrom(this.#world, poll)
    return this.#change(to, id, { label: 'Poll Edit', message }, options)
  }

  /** Adds an option to a poll, which others may, too; whatsmeow reads it under the label of a poll's edit (`asEdit`). */
  addOption(
    to: string,
    id: string,
    option: string,
    { asEdit, ...options }: SealOptions & { asEdit?: boolean } = {},
  ): Promise<{ id: string }> {
    return this.#say(to, id, { label: 'Poll Add Option', option, ...(asEdit && { asEdit }) }, options)
  }

  /** Reacts as members of an announcement group do; an empty emoji takes the reaction back. */
  react(to: string, id: string, emoji: string, options: SealOptions = {}): Promise<{ id: string }> {
    return this.#say(to, id, { label: 'Enc Reaction', emoji }, options)
  }

  /** Comments on a message of an announcement group. */
  async comment(
    to: string,
    id: string,
    content: Sayable,
    options: SealOptions = {},
  ): Promise<{ id: string }> {
    const message = await messageFrom(this.#world, content)
    return this.#say(to, id, { label: 'Enc Comment', message }, options)
  }

  /** Answers an event. */
  answer(to: string, id: string, response: EventAnswer, options: SealOptions = {}): Promise<{ id: string }> {
    return this.#say(to, id, { label: 'Event Response', response }, options)
  }

  async #change(to: string, id: string, content: SealedContent, options: SealOptions) {
    const { author } = this.#find(to, id, options)
    if (author !== this.#state.account && !options.forged)
      throw new Error(`${this.#state.account.pn} did not say ${id}`)
    return this.#say(to, id, content, options)
  }

  async #say(to: string, id: string, content: SealedContent, options: SealOptions): Promise<{ id: string }> {
    const { authorAs, sealedAs, spoilt, forged, type, ...said } = options
    const found = this.#find(to, id, options)
    const secret = found.message.messageContextInfo?.messageSecret
    if (!secret) throw new Error(`${id} has no secret`)
    const { account } = this.#state
    const usual = this.#world.groups.get(to)?.addressing ?? options.addressing ?? 'pn'
    const jid = (of: { jid: string; lidJid: string }, as: Addressing) => (as === 'lid' ? of.lidJid : of.jid)
    const author = jid(found.author, authorAs ?? usual)
    const by = jid(account, sealedAs ?? usual)
    const about = { secret, id, author, by }
    const key = forged ? { ...found.key, fromMe: true } : found.key
    const message = sealedMessage(key, content, about, {
      ...spoilt,
      ...(type !== undefined && { type }),
    })
    return send(this.#world, this.#state, to, message, said)
  }

  #find(to: string, id: string, { addressing }: SealOptions) {
    return findMessage(this.#world, this.#state, to, id, addressing)
  }
}
