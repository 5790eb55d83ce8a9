import { randomBytes, randomInt } from 'node:crypto'
import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Account, Addressing, Device } from '../accounts/account.ts'
import type { NewStanza } from '../accounts/mailbox.ts'
import type { Group } from '../groups/group.ts'
import { seconds, stanza } from '../protocol/stanza.ts'

/** Why the server says that a call is over; without a reason the caller hung up. */
export type CallEnd = 'timeout' | 'accepted_elsewhere' | 'rejected_elsewhere' | 'group_call_ended'

/** Keeps a stanza for a device until it is answered. */
type Deliver = (device: Device, toKeep: NewStanza) => void

type Attributes = Record<string, string | number | undefined>

export type CallOptions = {
  video?: boolean
  /** How the caller is named; by LID its number comes as `caller_pn`. */
  addressing?: Addressing
  /** The caller's device: 0 is the phone. */
  device?: number
  /** Told without an offer, as groups are told of a call that goes on. */
  notice?: boolean
  /** WhatsApp keeps the phone quiet, as for unknown callers. */
  silenced?: boolean
  /** Without its number, which not every server tells. */
  anonymous?: boolean
}

/** A call to an account, or to all others of a group, as long as it is remembered. */
export class Call {
  /** 32 hexadecimal digits. */
  readonly id = randomBytes(16).toString('hex').toUpperCase()
  readonly caller: Account
  readonly callees: Account[]
  readonly group: Group | undefined
  readonly video: boolean
  state: 'ringing' | 'rejected' | 'ended' = 'ringing'
  /** Jids of devices that told the caller that it rings there. */
  readonly ringsOn = new Set<string>()
  /** The address of the caller in `from` and `call-creator`. */
  readonly creator: string
  readonly #deliver: Deliver
  readonly #options: CallOptions

  constructor(deliver: Deliver, caller: Account, to: Account | Group, options: CallOptions) {
    this.#deliver = deliver
    this.#options = options
    this.caller = caller
    this.group = 'accounts' in to ? to : undefined
    this.callees = 'accounts' in to ? [...to.accounts].filter(account => account !== caller) : [to]
    this.video = options.video ?? false
    const bare = this.isByLid ? caller.lidJid : caller.jid
    this.creator = options.device ? bare.replace('@', `:${options.device}@`) : bare
  }

  get isByLid(): boolean {
    return (this.#options.addressing ?? 'lid') === 'lid'
  }

  /** Lets it ring on every linked device of whom is called; those that are away learn of it at their login. */
  offer(): void {
    const { video, group, caller } = this
    const { notice = false, silenced = false, anonymous = false } = this.#options
    const named = this.isByLid && !anonymous ? { caller_pn: caller.jid } : {}
    const inGroup = group ? { 'group-jid': group.jid, joinable: 1 } : {}
    if (notice) {
      const kind = { media: video ? 'video' : 'audio', type: group ? 'group' : undefined }
      this.tell('offer_notice', { ...named, ...inGroup, ...kind })
      return
    }
    const parts = [
      stanza('audio', { enc: 'opus', rate: 16_000 }),
      ...(video ? [stanza('video', { enc: 'vp8', dec: 'vp8', orientation: 0 })] : []),
      stanza('net', { medium: 3 }),
      stanza('enc', { type: 'msg', v: 2 }, randomBytes(64)),
      ...(group
        ? [
            stanza(
              'group_info',
              {},
              this.callees.map(({ lidJid }) => stanza('user', { jid: lidJid })),
            ),
          ]
        : []),
      ...(silenced ? [stanza('silence', { reason: 'unknown_caller' })] : []),
    ]
    this.tell('offer', { ...named, ...inGroup }, parts)
  }

  /** Says something of the call to every linked device of whom is called; each must acknowledge it. */
  tell(tag: string, attributes: Attributes = {}, content: BinaryNode[] = []): void {
    for (const account of this.callees)
      for (const device of account.devices.values()) this.tellDevice(device, tag, attributes, content)
  }

  /** One whom it rings at says something of it, from another device: WhatsApp hands that on to those that are called, too. */
  tellBy(account: Account, tag: 'accept' | 'reject', attributes: Attributes = {}): void {
    const from = this.isByLid ? account.lidJid : account.jid
    for (const callee of this.callees)
      for (const device of callee.devices.values()) this.tellDevice(device, tag, attributes, [], from)
  }

  tellDevice(
    device: Device,
    tag: string,
    attributes: Attributes = {},
    content: BinaryNode[] = [],
    from = this.creator,
  ): void {
    const { caller, creator, id: callId } = this
    const id = `${randomInt(1e9)}.${randomInt(1e9)}-${randomInt(1e5)}`
    const about = stanza(tag, { 'call-id': callId, 'call-creator': creator, ...attributes }, content)
    const named = this.isByLid ? {} : { sender_lid: caller.lidJid }
    const node = stanza('call', { from, id, t: seconds(), notify: caller.name, ...named }, [about])
    this.#deliver(device, { kind: 'call', id, from: caller.pn, node, peer: false })
  }

  /** It is over; `spare` is the device that knows already. */
  end(reason?: CallEnd, spare?: Device): void {
    if (this.state !== 'ringing') return
    this.state = reason === 'rejected_elsewhere' ? 'rejected' : 'ended'
    for (const account of this.callees)
      for (const device of account.devices.values())
        if (device !== spare) this.tellDevice(device, 'terminate', { reason })
  }
}
