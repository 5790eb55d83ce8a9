import { type BinaryNode, getAllBinaryNodeChildren } from '@whiskeysockets/baileys'
import { Turns } from '../../base/turns.ts'
import type { CallEvent } from '../../messages/account-event.ts'
import type { AccountHappening } from '../../ports/whatsapp.ts'
import { happenedAt } from './happened-at.ts'
import type { NameOf } from './named.ts'

type CallStatus = CallEvent['status']

/** What may change the status of a call; a phone that rings is sent much more, and none of it is worth a look into the store. */
const TELLING = new Set(['offer', 'offer_notice', 'accept', 'reject', 'terminate'])

/** Calls of one socket that are remembered. */
const REMEMBERED = 50

export interface CallsDeps {
  nameOf: NameOf
  /** Whether an address is one of the account's own. */
  isOwn(jid: string | undefined): boolean
  /** What was told of a call before, by the key of its event. */
  told(key: string): Promise<CallEvent | null>
}

/** What the calls to an account come to; each status of a call is told once. */
export class Calls {
  readonly #deps: CallsDeps
  /** The last that was told of a call, by its id: the log may not have it yet. */
  readonly #last = new Map<string, CallEvent>()
  /** What comes next must know what this made of its call. */
  readonly #turns = new Turns()

  constructor(deps: CallsDeps) {
    this.#deps = deps
  }

  /** What the children of a `<call>` say, as far as Laravel is told; null if none of them can: most are between two phones. */
  heardIn(stanza: BinaryNode, now: number): Promise<AccountHappening[]> | null {
    const telling = getAllBinaryNodeChildren(stanza).filter(
      ({ tag, attrs }) => attrs['call-id'] && TELLING.has(tag) && !this.#deps.isOwn(attrs['call-creator']),
    )
    if (telling.length === 0) return null
    return this.#turns.take(async () => {
      const happenings: AccountHappening[] = []
      for (const about of telling) {
        const id = about.attrs['call-id']!
        const last = await this.#lastOf(id)
        const status = this.#statusIn(stanza, about, last)
        if (status === null) continue
        const event = last ?? (await this.#describe(id, stanza, about))
        happenings.push(...this.#become(id, last, { ...event, status }, happenedAt(stanza, now)))
      }
      return happenings
    })
  }

  /** We refused a call that was heard before; nothing if it has come to another end. */
  refused(id: string, at: number): Promise<AccountHappening[]> {
    return this.#turns.take(async () => {
      const last = await this.#lastOf(id)
      return last === null ? [] : this.#become(id, last, { ...last, status: 'rejected' }, at)
    })
  }

  #become(id: string, last: CallEvent | null, event: CallEvent, at: number): AccountHappening[] {
    const { status } = event
    if (last !== null && !follows(last.status, status)) return []
    this.#last.set(id, event)
    const [oldest] = this.#last.keys()
    if (this.#last.size > REMEMBERED) this.#last.delete(oldest!)
    return [{ key: keyOf(id, status), event, happenedAt: at }]
  }

  /** Reasons as in WhatsApp Web; a caller who hangs up gives none. */
  #statusIn(
    stanza: BinaryNode,
    { tag, attrs, content }: BinaryNode,
    last: CallEvent | null,
  ): CallStatus | null {
    const { reason } = attrs
    if (tag === 'offer' || tag === 'offer_notice') {
      // Told before: it comes again because WhatsApp did not get our acknowledgement.
      if (last !== null) return null
      const silenced = getAllBinaryNodeChildren({ tag, attrs, content }).some(part => part.tag === 'silence')
      return stanza.attrs.offline !== undefined || silenced ? 'missed' : 'ringing'
    }
    // Other members of a group call accept and reject it, too.
    if (tag === 'accept') return this.#deps.isOwn(stanza.attrs.from) ? 'answered_elsewhere' : null
    if (tag === 'reject') return this.#deps.isOwn(stanza.attrs.from) && reason !== 'busy' ? 'rejected' : null
    if (tag !== 'terminate') return null
    if (reason === 'accepted_elsewhere') return 'answered_elsewhere'
    if (reason === 'rejected_elsewhere') return 'rejected'
    return reason === 'timeout' || last !== null ? 'missed' : null
  }

  async #describe(id: string, { attrs }: BinaryNode, about: BinaryNode): Promise<CallEvent> {
    const { caller_pn, type, media } = about.attrs
    const group = about.attrs['group-jid'] ?? (type === 'group' ? attrs.from : undefined)
    const parts = getAllBinaryNodeChildren(about).map(({ tag }) => tag)
    const caller = await this.#deps.nameOf(
      about.attrs['call-creator'],
      attrs.from,
      attrs.sender_lid,
      attrs.sender_pn,
      caller_pn,
    )
    return {
      type: 'call',
      call_id: id,
      from: caller?.phone ?? null,
      from_lid: caller?.lid ?? null,
      is_video: parts.includes('video') || media === 'video',
      is_group: group !== undefined || parts.includes('group_info'),
      status: 'ringing',
    }
  }

  async #lastOf(id: string): Promise<CallEvent | null> {
    const heard = this.#last.get(id)
    if (heard) return heard
    const stages: CallStatus[] = ['answered_elsewhere', 'rejected', 'missed', 'ringing']
    const told = await Promise.all(stages.map(status => this.#deps.told(keyOf(id, status))))
    return told.find(event => event !== null) ?? null
  }
}

/** Who was called later learns that it was answered elsewhere; what was answered or rejected stays so. */
function follows(last: CallStatus, next: CallStatus): boolean {
  if (next === 'ringing' || last === next) return false
  return last === 'ringing' || (last === 'missed' && next !== 'missed')
}

const keyOf = (id: string, status: CallStatus) => `call|${id}|${status}`
