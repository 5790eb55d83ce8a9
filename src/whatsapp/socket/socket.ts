import { GatewayError } from '../../base/errors.ts'
import type { SendContent } from '../../messages/send.ts'
import type { ChatActions, PasskeyAnswers, SocketOwner, WhatsAppSocket } from '../../ports/whatsapp.ts'
import { summaryOf } from '../error-summary.ts'
import { keepClientProps } from '../linking/client-props.ts'
import { LinkOffers } from '../linking/link-offers.ts'
import { PASSKEY_MS, PasskeyCeremony } from '../linking/passkey/ceremony.ts'
import { keepSocketPastReferences } from '../linking/passkey/spare-references.ts'
import { AccountFacts } from './account-facts.ts'
import { BaileysEvents } from './baileys-events.ts'
import { DisconnectError } from './disconnect-error.ts'
import { Logout } from './logout.ts'
import { OwnerReports } from './owner-reports.ts'
import { SocketEnd } from './socket-end.ts'
import { createSocketParts, type SocketDeps, type SocketParts, type UsableCreds } from './socket-parts.ts'

/** One Baileys socket of one session. It reports facts in order, exactly one last one, and nothing after `end()`. */
export class Socket implements WhatsAppSocket {
  readonly chats: ChatActions
  readonly passkey: PasskeyAnswers
  readonly #parts: SocketParts
  readonly #account: AccountFacts
  readonly #logout: Logout
  readonly #end: SocketEnd

  constructor(deps: SocketDeps, owner: SocketOwner, stored: UsableCreds) {
    const { vault, clock, config, caches } = deps
    const reports = new OwnerReports(owner, deps.logger)
    const parts = createSocketParts(deps, owner, stored, reports, {
      storeFailed: error => this.#end.fail('Store Failed', error),
      undecryptable: () => this.#end.fail('Undecryptable Frame'),
      upgradeRefused: status =>
        this.#end.endBaileys(new DisconnectError(`Upgrade Refused (${status})`, status)),
      unanswered: ms => {
        reports.log('warn', { ms }, 'WhatsApp talks and answers nothing; the connection is opened again')
        this.#end.endBaileys(new DisconnectError('Queries Unanswered', 408))
      },
      unacknowledged: ms => {
        reports.log(
          'warn',
          { ms },
          'WhatsApp did not acknowledge a send; the connection is opened again, and it goes out again',
        )
        this.#end.endBaileys(new DisconnectError('Send Unacknowledged', 408))
      },
      bufferFreed: () =>
        reports.log(
          'warn',
          {},
          'Baileys held messages back for 5 s and did not go on; they are handed over now',
        ),
      pairingRefused: (code, text) =>
        this.#end.endBaileys(new DisconnectError(`Pairing Refused (${text})`, code)),
      rejected: (event, error) =>
        reports.log('warn', { event, ...summaryOf(error) }, 'Baileys failed to handle an event'),
    })
    const { auth, baileys, writes, receiver } = parts
    keepClientProps(baileys, auth.creds)
    const offers = new LinkOffers({
      socket: baileys,
      sessionId: owner.sessionId,
      phoneNumber: owner.phoneNumber,
      vault,
      clock,
      config,
      report: offer => {
        if (offer.replaces)
          reports.log('warn', {}, 'WhatsApp made the QR void after a scan; scan the new one')
        if (offer.codeRefused) reports.log('warn', {}, offer.codeRefused)
        reports.fact(offer)
      },
    })
    keepSocketPastReferences(baileys, config.qrTimeoutMs, PASSKEY_MS)
    const passkey = new PasskeyCeremony({
      socket: baileys,
      sessionId: owner.sessionId,
      vault: deps.passkeys,
      clock,
      report: fact => reports.fact(fact),
      begun: () => offers.withdraw(),
    })
    const account = new AccountFacts({ auth, writes, offers, reports, presence: parts.presence })
    const logout = new Logout(baileys, clock, () => writes.written())
    const end = new SocketEnd({ parts, account, offers, passkey, logout, reports, clock })
    this.chats = parts.chats
    this.passkey = passkey
    this.#parts = parts
    this.#account = account
    this.#logout = logout
    this.#end = end
    receiver.watch(baileys.ws)
    parts.accountEvents.watch(baileys.ws, durable => writes.holdUntil(durable))
    parts.identities.watch()
    new BaileysEvents({
      parts,
      account,
      offers,
      passkey,
      logout,
      end,
      reports,
      clock,
      caches: caches.baileys,
    }).listen()
    end.guard(() => receiver.handOverOldRows())
  }

  send(messageId: string, content: SendContent, secret?: Uint8Array): Promise<void> {
    if (this.#account.isOpen) {
      this.#parts.presence.used()
      return this.#parts.sender.send(messageId, content, secret)
    }
    const sentence = 'The session is not connected yet'
    return Promise.reject(new GatewayError('SESSION_NOT_CONNECTED', sentence, { retryable: true }))
  }

  logout(): void {
    if (!this.#end.hasBegun) this.#logout.ask(this.#account.isOpen)
  }

  end(): Promise<void> {
    return this.#end.close()
  }
}
