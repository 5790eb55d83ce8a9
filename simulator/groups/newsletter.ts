import { randomBytes, randomInt } from 'node:crypto'
import type { proto } from '@whiskeysockets/baileys'
import type { Account } from '../accounts/account.ts'
import { type MediaContent, plainMediaMessage } from '../content/media.ts'
import { knownPart, type RawContent } from '../content/raw.ts'
import { stanzaTypeOf } from '../content/text.ts'
import { deliver } from '../delivery.ts'
import { encoded } from '../protocol/payload.ts'
import { seconds, stanza } from '../protocol/stanza.ts'
import type { World } from '../world.ts'

/** A newsletter (channel): what it posts reaches every linked device of every subscriber, in plain text. */
export class Newsletter {
  /** `…@newsletter` */
  readonly jid = `120363${randomInt(1e11, 1e12)}@newsletter`
  readonly name: string
  readonly #world: World
  readonly #subscribers = new Set<Account>()
  #lastPost = 99

  constructor(world: World, name: string) {
    this.#world = world
    this.name = name
  }

  /** Lets an account get what is posted from now on; it is made when it is new. */
  subscribe(pn: string): void {
    this.#subscribers.add(this.#world.accounts.ensure(pn))
  }

  /**
   * Posts something; it is kept for each linked device until acknowledged. Returns the message id and the newsletter's own number
   * for the post. The stanza is the one Baileys' `decodeMessageNode` reads: `server_id`, and the unpadded message in `<plaintext>`;
   * `notified`, the one its `handleNewsletterNotification` does, with an id of its own.
   */
  post(
    content: string | proto.IMessage | RawContent,
    { id = newId(), notified = false }: { id?: string; notified?: boolean } = {},
  ): { id: string; serverId: string } {
    const raw = typeof content === 'object' && 'raw' in content ? content.raw : undefined
    const message =
      typeof content === 'string'
        ? { conversation: content }
        : raw
          ? knownPart(raw)
          : (content as proto.IMessage)
    const serverId = String(++this.#lastPost)
    const at = Date.now()
    const from = this.jid
    this.#world.ledger.said.push({ id, from, to: from, at })
    const [type, t] = [stanzaTypeOf(message), seconds(at)]
    const parts = [stanza('plaintext', {}, raw ?? encoded(message))]
    const told = { id: newId(), from, type: 'newsletter', t }
    const node = notified
      ? stanza('notification', told, [
          stanza('message', { message_id: id, server_id: serverId, type, t }, parts),
        ])
      : stanza('message', { from, id, server_id: serverId, type, t }, parts)
    const kept = notified
      ? ({ kind: 'notification', id: told.id } as const)
      : ({ kind: 'message', id } as const)
    for (const account of this.#subscribers)
      for (const device of account.devices.values())
        deliver(this.#world, device, { ...kept, from, node, peer: false })
    return { id, serverId }
  }

  /** Posts a file, which lies on the media host as it is: the message has neither a key nor the hash of an encrypted file. */
  async postFile(content: MediaContent): Promise<{ id: string; serverId: string }> {
    return this.post(await plainMediaMessage(this.#world.media, content))
  }
}

const newId = () => randomBytes(16).toString('hex').toUpperCase()
