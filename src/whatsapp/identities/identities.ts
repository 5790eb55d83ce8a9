import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import type { Person } from '../../messages/person.ts'
import { Addresses } from './addresses.ts'
import { ChatsByLid, type CredsHolder } from './chats-by-lid.ts'
import type { ContactAnswer } from './contact-query.ts'
import { LidRefresh } from './lid-refresh.ts'
import { type NumberCache, NumberLookup } from './number-lookup.ts'
import type { People } from './people.ts'
import { watchNames } from './watch-names.ts'

export interface IdentitiesDeps {
  socket: Pick<WASocket, 'ws' | 'query' | 'generateMessageTag' | 'signalRepository'>
  auth: CredsHolder & { learn(people: Person[]): Promise<void> }
  people: People
  cache: NumberCache
  streamId: string
  /** Who is called how cannot be read: nothing may be acknowledged any more, so that what says it comes again. */
  failed(error: unknown): void
}

/** Who is who for one socket: it learns from all that WhatsApp says, asks where that is not enough, and knows where to send. */
export class Identities {
  readonly numbers: NumberLookup
  readonly addresses: Addresses
  readonly chatsByLid: ChatsByLid
  readonly #deps: IdentitiesDeps
  readonly #refresh: LidRefresh

  constructor(deps: IdentitiesDeps) {
    const { socket, auth, people, cache, streamId } = deps
    this.#deps = deps
    this.chatsByLid = new ChatsByLid(auth)
    this.numbers = new NumberLookup({
      socket,
      cache,
      streamId,
      people,
      learnt: (answer, asked) => this.#learnt(answer, asked),
    })
    this.addresses = new Addresses({
      people,
      numbers: this.numbers,
      chatsByLid: () => this.chatsByLid.isOn,
    })
    this.#refresh = new LidRefresh(this.numbers, people)
  }

  /** Must be called before the first stanza. */
  watch(): void {
    const { socket, people, failed } = this.#deps
    watchNames(socket.ws, people, changed => this.#keep(changed), failed)
  }

  /** The server's ack of a message. */
  acked(ack: BinaryNode): void {
    this.#refresh.acked(ack).catch(this.#deps.failed)
  }

  /** Baileys' sessions follow the LID, as when it learns a pair itself (messages-recv.js, handleMessage). */
  async #learnt({ lid, number, username }: ContactAnswer, asked: string): Promise<void> {
    const { socket, people } = this.#deps
    const { lidMapping, migrateSession } = socket.signalRepository
    if (lid !== null && number !== null) {
      await lidMapping.storeLIDPNMappings([{ lid, pn: number }])
      await migrateSession(number, lid)
    }
    await people.learn({ lid, number, username, dialled: [asked] }, changed => this.#keep(changed))
  }

  /** A write that is refused ends the socket by itself. */
  #keep(people: Person[]): void {
    this.#deps.auth.learn(people).catch(() => {})
  }
}
