import { randomBytes } from 'node:crypto'
import { type BinaryNode, Curve, proto } from '@whiskeysockets/baileys'
import type { Account, Device } from '../../accounts/account.ts'
import { type OptionsSent, PASSKEY_IQS, type PasskeyDemand, type PasskeyIq } from '../../accounts/passkey.ts'
import { bytesOf, child, children, result, SERVER, stanza } from '../../protocol/stanza.ts'
import type { World } from '../../world.ts'
import { link } from '../link.ts'
import { notifyOffer, type PairingOffer } from '../offer.ts'
import type { Authenticator } from './authenticator.ts'
import type { PasskeyInProgress, PasskeyProgress } from './in-progress.ts'
import { keepsCommitment, openRequest, provesHandoff, verificationCode } from './keys.ts'

const VALID_MS = 600_000
const MAX_OPTIONS_BYTES = 4096
const DEMAND = 'passkey_prologue_request'
const CONTINUATION = 'crsc_continuation'

/** What the device said of itself in its prologue, and what the phone answered. */
type Agreement = { identity: Uint8Array; commitment: Uint8Array; deviceKey: Uint8Array; platform: number }
type PhoneKeys = { private: Uint8Array; public: Buffer; nonce: Buffer }

export type CeremonyDeps = {
  world: World
  account: Account
  authenticator: Authenticator
  offer: PairingOffer
  demand: PasskeyDemand
  /** What phone and device share so far: of the scanned QR, or of the pairing code. */
  secret: Uint8Array
}

/**
 * A passkey that WhatsApp demands of a device before it links it ("shortcake"; whatsmeow `pair-passkey.go`): server, phone and the
 * phone's owner in one. What the device says is refused with error 400 as soon as it does not fit.
 */
export class PasskeyCeremony implements PasskeyInProgress {
  readonly progress: PasskeyProgress = { stage: 'asked', code: null, proved: false, problem: null }
  /** Settles when the device is linked, or nothing comes of it. */
  readonly linked: Promise<Device>
  readonly #deps: CeremonyDeps
  readonly #settle: PromiseWithResolvers<Device>
  #challenge = ''
  #ref: string | null = null
  #agreement: Agreement | null = null
  #phone: PhoneKeys | null = null
  #codeIsSame: boolean | null = null
  #newSecret: Uint8Array | null = null

  constructor(deps: CeremonyDeps) {
    this.#deps = deps
    this.#settle = Promise.withResolvers<Device>()
    this.linked = this.#settle.promise
    this.linked.catch(() => {})
    deps.world.later(VALID_MS, () => this.end(new Error('no passkey came within ten minutes')))
    this.ask()
  }

  ask(): void {
    const { account, demand, world } = this.#deps
    this.#challenge = randomBytes(32).toString('base64url')
    this.#startAfresh('asked')
    const options = this.#options(demand.told)
    notifyOffer(this.#deps.offer, DEMAND, options ? [options] : undefined)
    world.events.emit('passkeyAsked', { account: account.pn })
  }

  continue(): void {
    const { private: secret, public: key } = Curve.generateKeyPair()
    this.#phone = { private: secret, public: Buffer.from(key), nonce: randomBytes(32) }
    const identity = proto.PrimaryEphemeralIdentity.encode({
      publicKey: key,
      nonce: this.#phone.nonce,
    }).finish()
    notifyOffer(this.#deps.offer, CONTINUATION, [stanza('primary_ephemeral_identity', {}, identity)])
  }

  answerCode(same: boolean): void {
    this.#codeIsSame = same
    if (!same) this.end(new Error('the owner of the phone says that the codes differ'))
    this.#linkIfAgreed()
  }

  end(reason: Error): void {
    if (this.progress.stage === 'linked' || this.progress.stage === 'failed') return
    this.progress.stage = 'failed'
    this.progress.problem = reason.message
    this.#settle.reject(reason)
  }

  takeIq(iq: BinaryNode): boolean {
    const about = children(iq)[0]
    const step = PASSKEY_IQS.find(tag => tag === about?.tag)
    if (!about || !step || iq.attrs.xmlns !== 'md' || iq.attrs.to !== SERVER) return false
    const { connection } = this.#deps.offer
    if (this.#deps.demand.unanswered.includes(step)) return true
    if (this.#deps.demand.refused.includes(step)) connection.send(errorTo(iq, 500))
    else {
      try {
        this.#steps[step](iq, about)
      } catch (error) {
        this.progress.problem = `${step}: ${(error as Error).message}`
        connection.send(errorTo(iq, 400))
      }
    }
    return true
  }

  readonly #steps: Record<PasskeyIq, (iq: BinaryNode, about: BinaryNode) => void> = {
    passkey_request_options: iq => {
      const options = this.#options(this.#deps.demand.answered)
      this.#deps.offer.connection.send(options ? result(iq, options) : errorTo(iq, 500))
    },
    ref: iq => {
      this.#ref = `2@${randomBytes(48).toString('base64')}`
      this.#deps.offer.connection.send(result(iq, stanza('ref', {}, Buffer.from(this.#ref))))
    },
    passkey_prologue: (iq, about) => {
      this.#demandAcks(DEMAND)
      this.#takePrologue(about)
      this.#deps.offer.connection.send(result(iq))
      if (this.#deps.demand.continues) this.continue()
    },
    companion_nonce: (iq, about) => {
      this.#demandAcks(CONTINUATION)
      this.#takeNonce(Buffer.from(about.content as Uint8Array))
      this.#deps.offer.connection.send(result(iq))
    },
    encrypted_pairing_request: (iq, about) => {
      this.#takeRequest(proto.EncryptedPairingRequest.decode(about.content as Uint8Array))
      this.#deps.offer.connection.send(result(iq))
      this.#linkIfAgreed()
    },
  }

  #takePrologue(about: BinaryNode): void {
    const { authenticator, secret } = this.#deps
    this.#startAfresh('asked')
    const assertion = bytesOf(about, 'webauthn_assertion').toString()
    const problem = authenticator.problemOf(bytesOf(about, 'credential_id'), assertion, this.#challenge)
    if (problem) throw new Error(`the assertion is refused: ${problem}`)
    const prologue = bytesOf(about, 'prologue_payload')
    const { companionEphemeralIdentity: identity, commitment } = proto.ProloguePayload.decode(prologue)
    const { publicKey, deviceType, ref } = proto.CompanionEphemeralIdentity.decode(identity!)
    if (publicKey?.length !== 32 || commitment?.hash?.length !== 32)
      throw new Error('its keys are not 32 bytes')
    if (ref !== this.#ref) throw new Error('it names another reference than the server gave')
    if (deviceType !== proto.DeviceProps.PlatformType.CHROME)
      throw new Error('it is of another kind of device')
    if (child(about, 'pairing_handoff_proof')) {
      if (!provesHandoff(bytesOf(about, 'pairing_handoff_proof'), secret, prologue))
        throw new Error('its proof is not of the QR that was scanned')
      this.progress.proved = true
    }
    this.#agreement = {
      identity: identity!,
      commitment: commitment.hash,
      deviceKey: publicKey,
      platform: deviceType,
    }
    this.progress.stage = 'prologue'
  }

  #takeNonce(nonce: Buffer): void {
    if (!this.#agreement || !this.#phone || this.progress.stage !== 'prologue')
      throw new Error('it is too early')
    if (nonce.length !== 32 || !keepsCommitment(this.#agreement.commitment, this.#agreement.identity, nonce))
      throw new Error('the device is committed to another nonce')
    this.progress.stage = 'nonce'
    this.progress.code = verificationCode(nonce, this.#phone)
    const { account, world, demand } = this.#deps
    world.events.emit('passkeyCode', { account: account.pn, code: this.progress.code })
    if (demand.code !== 'awaited' && !this.progress.proved) this.answerCode(demand.code === 'confirmed')
  }

  #takeRequest({ encryptedPayload: payload, iv }: proto.IEncryptedPairingRequest): void {
    if (!this.#agreement || !this.#phone || this.progress.stage !== 'nonce')
      throw new Error('it is too early')
    const { deviceKey, platform } = this.#agreement
    const shared = Curve.sharedKey(this.#phone.private, deviceKey)
    const opened = openRequest({ payload: payload!, iv: iv! }, { shared, platform, ref: this.#ref! })
    const { companionPublicKey, companionIdentityKey, advSecret } = proto.PairingRequest.decode(opened)
    const { registration } = this.#deps.offer
    if (
      !registration.noiseKey.equals(companionPublicKey!) ||
      !registration.identity.equals(companionIdentityKey!)
    )
      throw new Error('it names other keys than its socket has')
    if (advSecret?.length !== 32 || Buffer.from(advSecret).equals(this.#deps.secret))
      throw new Error('its secret is not a new one of 32 bytes')
    this.#newSecret = advSecret
    this.progress.stage = 'request'
  }

  #linkIfAgreed(): void {
    const { world, account, offer } = this.#deps
    if (this.progress.stage !== 'request' || !(this.progress.proved || this.#codeIsSame)) return
    this.progress.stage = 'linked'
    link(world, account, offer, this.#newSecret!).then(this.#settle.resolve, this.#settle.reject)
  }

  #startAfresh(stage: 'asked'): void {
    Object.assign(this.progress, { stage, code: null, proved: false, problem: null })
    this.#agreement = null
    this.#phone = null
    this.#codeIsSame = null
    this.#newSecret = null
  }

  #options(sent: OptionsSent): BinaryNode | undefined {
    if (sent === 'absent') return undefined
    const options = {
      challenge: this.#challenge,
      timeout: VALID_MS,
      rpId: 'whatsapp.com',
      allowCredentials: [],
      userVerification: 'required',
      extensions: { uvm: true, ...(sent === 'oversized' && { filler: 'x'.repeat(MAX_OPTIONS_BYTES) }) },
    }
    const text = sent === 'unreadable' ? '{"challenge":' : JSON.stringify(options)
    return stanza('passkey_request_options', {}, Buffer.from(text))
  }

  #demandAcks(type: string): void {
    const missing = [...this.#deps.offer.unacked.values()].some(({ attrs }) => attrs.type === type)
    if (missing) throw new Error(`the device has not acknowledged ${type}`)
  }
}

const errorTo = ({ attrs: { id } }: BinaryNode, code: number) =>
  stanza('iq', { from: SERVER, type: 'error', id }, [
    stanza('error', { code, text: code === 500 ? 'internal-server-error' : 'bad-request' }),
  ])
