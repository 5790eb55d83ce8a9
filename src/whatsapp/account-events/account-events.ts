import type { EventEmitter } from 'node:events'
import { type AuthenticationCreds, type BinaryNode, getAllBinaryNodeChildren } from '@whiskeysockets/baileys'
import type { Clock } from '../../base/clock.ts'
import { GatewayError } from '../../base/errors.ts'
import { Turns } from '../../base/turns.ts'
import type { AccountEventType, CallEvent } from '../../messages/account-event.ts'
import type { Person } from '../../messages/person.ts'
import type { Store } from '../../ports/store.ts'
import type { AccountHappening, SocketOwner } from '../../ports/whatsapp.ts'
import { isGroup, isOwn } from '../jid.ts'
import { type CallSocket, rejectCall, ringReceipt } from './call-answers.ts'
import { Calls } from './calls.ts'
import { contactChangesIn } from './contact-changes.ts'
import { groupChangesIn, groupPictureIn } from './group-changes.ts'
import { type NameOf, namingBy } from './named.ts'

export interface AccountEventsDeps {
  owner: Pick<SocketOwner, 'streamId' | 'happened'>
  store: Pick<Store, 'accountEvents'>
  /** `settled`: once what stanzas said of people until now is known. */
  people: { find(name: string): Promise<Person | null>; settled(): Promise<void> }
  socket: CallSocket
  clock: Clock
  me(): AuthenticationCreds['me']
  groups: { changed(jid: string, subject?: string): void }
  /** What Laravel is told; nothing else is kept. */
  wanted: readonly AccountEventType[]
  rejectCalls: boolean
  /** What happened could not be kept: nothing may be acknowledged any more, so that it comes again. */
  storeFailed(error: unknown): void
  /** Something could not be done; a sentence for the log. */
  failed(error: unknown, sentence: string): void
}

/**
 * Hears from a socket's stanzas themselves what happens to the account beside messages: Baileys reads the first child of each alone,
 * and names people by what it finds first. What is told is durable before WhatsApp hears that it arrived.
 */
export class AccountEvents {
  readonly #deps: AccountEventsDeps
  readonly #nameOf: NameOf
  readonly #calls: Calls
  readonly #turns = new Turns()

  constructor(deps: AccountEventsDeps) {
    this.#deps = deps
    const { store, owner, people } = deps
    this.#nameOf = namingBy(async name => {
      // The stanza itself says more of those whom it names.
      await people.settled()
      return people.find(name)
    })
    this.#calls = new Calls({
      nameOf: this.#nameOf,
      isOwn: jid => this.#isOwn(jid),
      told: key => store.accountEvents.find(owner.streamId, key) as Promise<CallEvent | null>,
    })
  }

  /** Must be called before Baileys gets a stanza; `ws` is the socket's. Acknowledgements are held back by `holdWritesUntil`. */
  watch(ws: EventEmitter, holdWritesUntil: (durable: Promise<unknown>) => void): void {
    const tell = (...found: (Promise<AccountHappening[]> | null)[]) => {
      const happenings = found.filter(one => one !== null)
      if (happenings.length === 0) return
      const kept = this.#kept(happenings)
      kept.catch(error => this.#deps.storeFailed(error))
      holdWritesUntil(kept)
    }
    const listen = (event: string, take: (stanza: BinaryNode, now: number) => void) =>
      ws.prependListener(event, (stanza: BinaryNode) => {
        try {
          take(stanza, this.#deps.clock.now())
        } catch (error) {
          this.#deps.failed(error, `a ${stanza.tag} could not be read; Laravel is not told of it`)
        }
      })
    listen('CB:call', (stanza, now) => {
      if (this.#wants('call')) tell(this.#calls.heardIn(stanza, now))
      this.#answer(stanza, tell)
    })
    listen('CB:notification,type:w:gp2', (stanza, now) => {
      this.#refreshGroups(stanza)
      tell(this.#groupEvents(groupChangesIn, stanza, now), this.#contactEvents(stanza, now))
    })
    listen('CB:notification,type:picture', (stanza, now) => {
      if (isGroup(stanza.attrs.from ?? '')) tell(this.#groupEvents(groupPictureIn, stanza, now))
      else if (!this.#isOwn(stanza.attrs.from)) tell(this.#contactEvents(stanza, now))
    })
    listen('CB:notification,type:contacts', (stanza, now) => tell(this.#contactEvents(stanza, now)))
  }

  /** Resolves once what was found is durable; what came first is handed over first, also if it is found later. */
  async #kept(happenings: Promise<AccountHappening[]>[]): Promise<void> {
    const readable = Promise.all(happenings.map(found => this.#readable(found)))
    const { durable } = await this.#turns.take(async () => {
      const found = (await readable).flat()
      return { durable: found.length > 0 ? this.#deps.owner.happened(found) : null }
    })
    await durable
  }

  /** What cannot be read is left out; what cannot be looked up must come again. */
  #readable(found: Promise<AccountHappening[]>): Promise<AccountHappening[]> {
    return found.catch(error => {
      if (error instanceof GatewayError) throw error
      this.#deps.failed(error, 'a call or a change could not be read; Laravel is not told of it')
      return []
    })
  }

  #groupEvents(read: typeof groupChangesIn, stanza: BinaryNode, now: number) {
    return this.#wants('group') ? read(stanza, this.#nameOf, now) : null
  }

  #contactEvents(stanza: BinaryNode, now: number) {
    return this.#wants('contact') ? contactChangesIn(stanza, this.#nameOf, now) : null
  }

  /** Who is in a group, for sends, and what it is called: asked for again after any change, also one that Baileys does not see. */
  #refreshGroups(stanza: BinaryNode): void {
    const { groups } = this.#deps
    const from = stanza.attrs.from ?? ''
    if (isGroup(from)) groups.changed(from)
    for (const { tag, attrs, content } of getAllBinaryNodeChildren(stanza)) {
      if (tag === 'subject' && attrs.subject !== undefined) groups.changed(from, attrs.subject)
      if (tag !== 'groups_dirty') continue
      for (const group of getAllBinaryNodeChildren({ tag, attrs, content }))
        groups.changed(group.attrs.jid ?? '')
    }
  }

  #answer(stanza: BinaryNode, tell: (happenings: Promise<AccountHappening[]>) => void): void {
    if (stanza.attrs.offline !== undefined) return
    for (const offer of getAllBinaryNodeChildren(stanza)) {
      const { 'call-id': id, 'call-creator': creator } = offer.attrs
      if (!['offer', 'offer_notice'].includes(offer.tag) || !id || !creator || this.#isOwn(creator)) continue
      const { socket, me, rejectCalls, failed } = this.#deps
      if (offer.tag === 'offer')
        socket
          .sendNode(ringReceipt(stanza, offer))
          .catch(error => failed(error, 'a caller does not hear it ring'))
      if (rejectCalls)
        void rejectCall(socket, me(), stanza, offer).then(taken => this.#rejected(id, taken, tell))
    }
  }

  #rejected(id: string, taken: boolean, tell: (happenings: Promise<AccountHappening[]>) => void): void {
    const { clock, failed } = this.#deps
    if (!taken) failed(null, 'WhatsApp did not take it that a call is rejected')
    else if (this.#wants('call')) tell(this.#calls.refused(id, clock.now()))
  }

  #wants(type: AccountEventType): boolean {
    return this.#deps.wanted.includes(type)
  }

  #isOwn(jid: string | undefined): boolean {
    return isOwn(this.#deps.me(), jid)
  }
}
