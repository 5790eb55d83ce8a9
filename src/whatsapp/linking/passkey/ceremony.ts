import { randomBytes } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import type { Clock } from '../../../base/clock.ts'
import { GatewayError } from '../../../base/errors.ts'
import type { PasskeyAssertion } from '../../../messages/passkey.ts'
import type { PasskeyVault } from '../../../ports/qr-vault.ts'
import type { PasskeyAnswers, SocketFact } from '../../../ports/whatsapp.ts'
import { checkAssertion } from './assertion.ts'
import { PasskeyFailure } from './failure.ts'
import {
  createPrologue,
  handoffKey,
  handoffProof,
  type PhoneIdentity,
  type Prologue,
  sealPairingRequest,
  verificationCode,
} from './prologue.ts'
import {
  askForOptions,
  CONTINUATION,
  DEMAND,
  isFromServer,
  linkingIq,
  optionsIn,
  phoneIdentityIn,
  prologueIq,
  refIn,
} from './stanzas.ts'

/** How long WhatsApp waits for the passkey that it demands, and takes the proof of the QR, in ms. */
export const PASSKEY_MS = 600_000
const HANDOFF_MS = 300_000
/** How long WhatsApp may take to answer an iq, in ms. */
const ANSWER_MS = 15_000

export interface PasskeyCeremonyDeps {
  socket: Pick<WASocket, 'ws' | 'query' | 'authState'>
  sessionId: string
  vault: PasskeyVault
  clock: Clock
  report(fact: Extract<SocketFact, { type: `passkey.${string}` }>): void
  /** What was offered to scan or to type is used up. */
  begun(): void
}

/** WhatsApp wants its notification acknowledged first, which other listeners do. */
const acknowledged = () => setImmediate()

/** What this device and the phone have agreed on for one assertion. */
interface Agreement {
  prologue: Prologue
  /** Whether the proof went with it, so that nobody needs to compare the code. */
  proved: boolean
  phone: PhoneIdentity | null
}

/**
 * The passkey that WhatsApp may demand of one socket before a phone links it (docs/passkey.md): all of the exchange but the
 * assertion, which the account's owner makes in a browser. Its keys live here and end with the socket.
 */
export class PasskeyCeremony implements PasskeyAnswers {
  readonly #deps: PasskeyCeremonyDeps
  /** Grows with each demand and each assertion: what an earlier one still brings is void. */
  #round = 0
  #state: 'none' | 'demanded' | 'sealed' | 'ended' = 'none'
  #handoff: { key: Buffer; until: number } | null = null
  #assertion: PasskeyAssertion | null = null
  #agreement: Agreement | null = null

  constructor(deps: PasskeyCeremonyDeps) {
    this.#deps = deps
    const { ws } = deps.socket
    ws.on(DEMAND, (node: BinaryNode) => {
      if (isFromServer(node) && this.#state !== 'ended') this.#run(() => this.#demanded(node))
    })
    ws.on(CONTINUATION, (node: BinaryNode) => {
      const agreement = this.#agreement
      if (isFromServer(node) && agreement?.phone === null)
        this.#run(() => this.#continued(agreement, node), this.#round)
    })
  }

  /** A passkey is demanded: no QR links a phone until the socket ends. */
  get isActive(): boolean {
    return this.#state !== 'none'
  }

  take(assertion: PasskeyAssertion): void {
    const secrets = this.#deps.vault.read(this.#deps.sessionId)
    if (this.#state !== 'demanded' || secrets === null)
      throw new GatewayError('PASSKEY_NOT_ASKED', 'WhatsApp demands no passkey of this session now.')
    checkAssertion(assertion, secrets.options)
    this.#assertion = assertion
  }

  answer(): void {
    const assertion = this.#assertion
    if (assertion !== null) this.#run(() => this.#answer(assertion))
  }

  finish(): void {
    const agreement = this.#agreement
    if (agreement?.phone) this.#run(() => this.#finish(agreement, agreement.phone!), this.#round)
  }

  /** The socket ends: what is under way reports nothing any more. */
  end(): void {
    this.#round++
    this.#state = 'ended'
    this.#handoff = this.#assertion = this.#agreement = null
    this.#deps.vault.clear(this.#deps.sessionId)
  }

  async #demanded(node: BinaryNode): Promise<void> {
    const { vault, clock, sessionId, report, begun } = this.#deps
    const round = this.#round
    this.#renewSecret()
    this.#state = 'demanded'
    this.#assertion = this.#agreement = null
    begun()
    await acknowledged()
    const options = optionsIn(node) ?? optionsIn(await this.#ask('its options', askForOptions()))
    if (round !== this.#round) return
    if (options === null) throw PasskeyFailure.unreadable('its options')
    const expiresAt = clock.now() + PASSKEY_MS
    vault.put(sessionId, { options, expiresAt })
    report({ type: 'passkey.asked', expiresAt })
  }

  async #answer(assertion: PasskeyAssertion): Promise<void> {
    const round = this.#round
    this.#agreement = null
    this.#deps.vault.putCode(this.#deps.sessionId, null)
    const ref = refIn(await this.#ask('the reference', linkingIq('get', 'ref')))
    if (round !== this.#round) return
    if (ref === null) throw PasskeyFailure.unreadable('the reference')
    const prologue = createPrologue(ref)
    const proof = this.#handoffProof(prologue)
    this.#agreement = { prologue, proved: proof !== null, phone: null }
    await this.#ask('the assertion', prologueIq(assertion, prologue.payload, proof))
    if (round === this.#round) this.#handoff = null
  }

  async #continued(agreement: Agreement, node: BinaryNode): Promise<void> {
    const round = this.#round
    const { prologue, proved } = agreement
    const phone = phoneIdentityIn(node)
    if (phone === null) throw PasskeyFailure.unreadable("the phone's keys")
    agreement.phone = phone
    await acknowledged()
    await this.#ask('the nonce', linkingIq('set', 'companion_nonce', prologue.nonce))
    if (round !== this.#round) return
    this.#deps.vault.putCode(this.#deps.sessionId, verificationCode(prologue, phone))
    this.#deps.report({ type: proved ? 'passkey.proved' : 'passkey.codeShown' })
  }

  async #finish({ prologue }: Agreement, phone: PhoneIdentity): Promise<void> {
    const { creds } = this.#deps.socket.authState
    this.#state = 'sealed'
    const request = sealPairingRequest(prologue, phone, {
      noise: creds.noiseKey.public,
      identity: creds.signedIdentityKey.public,
      advSecret: Buffer.from(creds.advSecretKey, 'base64'),
    })
    await this.#ask('the keys', linkingIq('set', 'encrypted_pairing_request', request))
  }

  /** The secret that the QR showed proves which device showed it; the phone gets another one under the code's protection. */
  #renewSecret(): void {
    const { creds } = this.#deps.socket.authState
    if (this.#state === 'none') {
      const key = handoffKey(Buffer.from(creds.advSecretKey, 'base64'))
      this.#handoff = { key, until: this.#deps.clock.now() + HANDOFF_MS }
    }
    creds.advSecretKey = randomBytes(32).toString('base64')
  }

  #handoffProof(prologue: Prologue): Buffer | null {
    if (this.#handoff === null || this.#deps.clock.now() >= this.#handoff.until) return null
    return handoffProof(this.#handoff.key, prologue)
  }

  async #ask(step: string, iq: BinaryNode): Promise<BinaryNode> {
    try {
      const answer: unknown = await this.#deps.socket.query(iq, ANSWER_MS)
      if (answer) return answer as BinaryNode
    } catch (error) {
      throw PasskeyFailure.of(step, error)
    }
    throw PasskeyFailure.of(step, undefined)
  }

  /** One step, of a new round unless it belongs to one; what it throws ends the ceremony, unless a newer round began meanwhile. */
  #run(step: () => Promise<void>, round = ++this.#round): void {
    step().catch((error: unknown) => {
      if (round !== this.#round) return
      this.end()
      const { reason, message } = error instanceof PasskeyFailure ? error : PasskeyFailure.of('a step', error)
      this.#deps.report({ type: 'passkey.failed', reason, reasonText: message })
    })
  }
}
