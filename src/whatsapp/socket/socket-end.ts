import type { Clock } from '../../base/clock.ts'
import { classify, type Disconnect } from '../disconnects.ts'
import { summaryOf } from '../error-summary.ts'
import type { LinkOffers } from '../linking/link-offers.ts'
import type { PasskeyCeremony } from '../linking/passkey/ceremony.ts'
import { failQueries } from '../patches/hanging-queries.ts'
import type { AccountFacts } from './account-facts.ts'
import { DisconnectError, toDisconnect } from './disconnect-error.ts'
import type { Logout } from './logout.ts'
import type { OwnerReports } from './owner-reports.ts'
import type { SocketParts } from './socket-parts.ts'

/** What Baileys says when no frame came for longer than a ping takes. */
const SILENT = 'Connection was lost'

export interface SocketEndDeps {
  parts: SocketParts
  account: AccountFacts
  offers: LinkOffers
  passkey: Pick<PasskeyCeremony, 'end'>
  logout: Logout
  reports: OwnerReports
  clock: Clock
}

/** The end of one socket, whoever ends it: everything received is handed over, then exactly one last fact. */
export class SocketEnd {
  readonly #deps: SocketEndDeps
  readonly #finished = Promise.withResolvers<void>()
  #finishing = false

  constructor(deps: SocketEndDeps) {
    this.#deps = deps
  }

  get hasBegun(): boolean {
    return this.#finishing
  }

  /** The owner wants it: nothing is reported any more. Resolves when nothing of the socket runs. */
  async close(): Promise<void> {
    this.#deps.reports.silence()
    this.#deps.offers.stop()
    this.#deps.passkey.end()
    this.#rejectPending()
    this.endBaileys(undefined)
    await this.#finished.promise
  }

  /** Ends this socket at once, before anything else can leave it; disconnects.ts knows the message. */
  fail(message: string, error?: unknown): void {
    if (this.#finishing) return
    const fields = error === undefined ? {} : summaryOf(error)
    this.#deps.reports.log('error', fields, `the socket is ended: ${message}`)
    this.#deps.parts.writes.cut()
    this.endBaileys(new DisconnectError(message))
  }

  /** Runs a handler of an event; one that throws or rejects ends this socket only. */
  guard(work: () => void | Promise<void>): void {
    const failed = (error: unknown) => this.fail('Handler Failed', error)
    try {
      work()?.catch(failed)
    } catch (error) {
      failed(error)
    }
  }

  /** Baileys then says that the connection is closed. */
  endBaileys(error: Error | undefined): void {
    void this.#deps.parts.baileys.end(error)
  }

  /** Baileys says that the connection is closed. */
  async finish(error: Error | undefined): Promise<void> {
    if (this.#finishing) return
    this.#finishing = true
    const { parts, account, offers, passkey, reports } = this.#deps
    const { auth, receiver } = parts
    offers.withdraw()
    passkey.end()
    this.#rejectPending()
    failQueries(parts.baileys, new DisconnectError('Connection Closed', 428))
    let disconnect = toDisconnect(error)
    try {
      await auth.flush()
    } catch {
      disconnect = { code: 0, message: 'Store Failed' }
    }
    await account.settled()
    await auth.close()
    this.guard(() => receiver.handOverRest())
    await receiver.settled()
    this.#report(disconnect)
    reports.silence()
    this.#finished.resolve()
  }

  #rejectPending(): void {
    this.#deps.parts.pending.end()
    this.#deps.parts.presence.end()
    this.#deps.parts.sender.end()
  }

  #report(disconnect: Disconnect): void {
    const { logout, reports, clock } = this.#deps
    const verdict = classify(disconnect, clock.now())
    const { unacked } = disconnect
    if (unacked) reports.log('warn', unacked, 'WhatsApp ended the connection: it misses an acknowledgement')
    if (disconnect.message === SILENT)
      reports.log(
        'warn',
        {},
        'WhatsApp said nothing for longer than a ping takes; the connection is opened again',
      )
    if (logout.isConfirmedBy(disconnect, verdict)) reports.fact({ type: 'logout.confirmed' })
    else reports.fact({ type: 'socket.closed', ...verdict })
  }
}
