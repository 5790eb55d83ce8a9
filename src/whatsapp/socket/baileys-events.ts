import type { BaileysEventMap, BinaryNode } from '@whiskeysockets/baileys'
import type { Clock } from '../../base/clock.ts'
import { timerOfGroup } from '../disappearing/timers-in.ts'
import type { LinkOffers } from '../linking/link-offers.ts'
import type { PasskeyCeremony } from '../linking/passkey/ceremony.ts'
import { isSpare } from '../linking/passkey/spare-references.ts'
import { statusesInReceipt } from '../message-status.ts'
import type { BaileysCaches } from '../patches/bounded-caches.ts'
import { statusesInGroupedReceipt } from '../patches/stanzas/grouped-receipts.ts'
import { requestFromPhone } from '../receiving/missing-messages.ts'
import type { AccountFacts } from './account-facts.ts'
import { DisconnectError } from './disconnect-error.ts'
import type { Logout } from './logout.ts'
import type { OwnerReports } from './owner-reports.ts'
import type { SocketEnd } from './socket-end.ts'
import type { SocketParts } from './socket-parts.ts'

export interface BaileysEventsDeps {
  parts: SocketParts
  account: AccountFacts
  offers: LinkOffers
  passkey: Pick<PasskeyCeremony, 'isActive'>
  logout: Logout
  end: SocketEnd
  reports: OwnerReports
  clock: Clock
  caches: Pick<BaileysCaches, 'placeholderResendCache'>
}

/** Gives each event of one Baileys socket to the part that it concerns, always in the same order. */
export class BaileysEvents {
  readonly #deps: BaileysEventsDeps

  constructor(deps: BaileysEventsDeps) {
    this.#deps = deps
  }

  /** Baileys begins to be heard; what throws ends the socket. */
  listen(): void {
    const { parts, end } = this.#deps
    const { ws, ev } = parts.baileys
    ws.on('CB:ack,class:message', (ack: BinaryNode) => end.guard(() => this.#acked(ack)))
    parts.storeReceiptsBy(receipt => this.#receipt(receipt))
    ws.on('CB:notification,type:w:gp2', (notification: BinaryNode) =>
      end.guard(() => {
        const timer = timerOfGroup(notification)
        if (timer) void parts.timers.learn([timer])
      }),
    )
    ev.process(events => end.guard(() => this.#handle(events)))
  }

  #handle(events: Partial<BaileysEventMap>): void {
    const { parts, account, end } = this.#deps
    const { firstContact, groups, receiver, identities } = parts
    if (events['creds.update']) account.credsUpdated(events['creds.update'])
    groups.handle(events)
    if (events['messages.upsert']) {
      for (const message of events['messages.upsert'].messages) identities.chatsByLid.handle(message)
      firstContact.heard(events['messages.upsert'].messages)
      end.guard(() => receiver.handleUpsert(events['messages.upsert']!))
    }
    if (events['messaging-history.set']) receiver.handleHistory(events['messaging-history.set'])
    if (events['connection.update']) this.#connectionUpdated(events['connection.update'])
  }

  #connectionUpdated(update: BaileysEventMap['connection.update']): void {
    const { account, end } = this.#deps
    if (update.qr) this.#offerQr(update.qr)
    if (update.isNewLogin) account.paired()
    if (update.connection === 'open') this.#opened()
    if (update.connection === 'close') void end.finish(update.lastDisconnect?.error)
  }

  #offerQr(qr: string): void {
    const { offers, passkey, end } = this.#deps
    if (passkey.isActive) return
    if (isSpare(qr)) end.endBaileys(new DisconnectError('QR refs attempts ended', 408))
    else offers.offerQr(qr)
  }

  #opened(): void {
    const { parts, account, logout, reports, caches } = this.#deps
    account.opened()
    void parts.receiver
      .missing()
      .then(missing =>
        requestFromPhone(missing, parts.baileys, caches.placeholderResendCache, (fields, sentence) =>
          reports.log('warn', fields, sentence),
        ),
      )
    logout.opened()
  }

  /** Resolves once what a receipt says is stored; null if it says nothing of what was sent. */
  #receipt(receipt: BinaryNode): Promise<unknown> | null {
    const { parts, reports, clock, end } = this.#deps
    const now = () => clock.now()
    const stored: Promise<void>[] = []
    end.guard(() => {
      for (const update of [...statusesInReceipt(receipt, now), ...statusesInGroupedReceipt(receipt, now)]) {
        parts.sender.arrived(update.messageId)
        stored.push(reports.messageStatus(update))
      }
    })
    return stored.length > 0 ? Promise.all(stored) : null
  }

  #acked(ack: BinaryNode): void {
    this.#deps.parts.identities.acked(ack)
    const update = this.#deps.parts.sender.acked(ack)
    if (update) this.#deps.reports.messageStatus(update)
  }
}
