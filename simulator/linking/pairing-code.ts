import { createCipheriv, createDecipheriv, hkdfSync, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { type BinaryNode, Curve, jidDecode } from '@whiskeysockets/baileys'
import type { Account, Device } from '../accounts/account.ts'
import type { CodeError } from '../accounts/linking-plan.ts'
import { bytesOf, child, result, SERVER, stanza } from '../protocol/stanza.ts'
import type { World } from '../world.ts'
import { answerOf } from './link.ts'
import { type CodeRequest, notifyOffer, type PairingOffer } from './offer.ts'
import { linkOrDemandPasskey } from './passkey/demand.ts'
import { refresh } from './refresh.ts'

const ROUNDS = 2 << 16
const REQUEST_WITHIN_MS = 2_000
const REGISTRATION = 'link_code_companion_reg'
/** How often a phone may try one code. */
const MAX_HELLOS = 3
const ANSWERED_WITHIN_MS = 500
const DISPLAY =
  /^(Chrome|Edge|Firefox|IE|Opera|Safari|Desktop) \((Mac OS|Windows|Linux|Ubuntu|Debian|Chrome OS)\)$/
const ERROR_CODES: Record<CodeError, number> = {
  'bad-request': 400,
  forbidden: 403,
  'feature-not-available': 404,
  'rate-overlimit': 429,
}
const NO_SALT = Buffer.alloc(0)
const derive = promisify(pbkdf2)

/**
 * Takes the two iqs of pairing by code (`requestPairingCode` in Baileys): `companion_hello` asks for it, `companion_finish` hands
 * over the device's identity. False for any other iq, and for a socket that was not offered a QR before.
 */
export function takePairingCodeIq(world: World, offer: PairingOffer | undefined, iq: BinaryNode): boolean {
  const about = child(iq, REGISTRATION)
  if (!about || !offer) return false
  const { connection } = offer
  if (about.attrs.stage === 'companion_finish') {
    // The server only passes it on: whether the phone can read it is not known here.
    connection.send(result(iq))
    offer.answered?.(about)
    return true
  }
  const pn = jidDecode(about.attrs.jid)?.user
  if (about.attrs.stage !== 'companion_hello' || !pn) return false
  if (!bytesOf(about, 'companion_server_auth_key_pub').equals(offer.registration.noiseKey))
    throw new Error('another Noise key than its socket has')
  const account = world.accounts.get(pn)
  const error = isKnownKind(about) ? account?.linking.codeErrors.shift() : 'bad-request'
  if (error) {
    const refusal = stanza('error', { code: ERROR_CODES[error], text: error })
    connection.send(stanza('iq', { from: SERVER, type: 'error', id: iq.attrs.id }, [refusal]))
    return true
  }
  if (textIn(about, 'link_code_pairing_nonce') !== '\0')
    world.ledger.wrong.push({
      tag: REGISTRATION,
      attrs: about.attrs,
      why: 'another nonce than 0',
      at: Date.now(),
    })
  const wrapped = bytesOf(about, 'link_code_pairing_wrapped_companion_ephemeral_pub')
  const request: CodeRequest = { offer, ref: randomBytes(16), wrapped, expired: false, hellos: 0 }
  world.codeRequests.set(pn, request)
  const answer = stanza('link_code_pairing_ref', {}, request.ref)
  connection.send(result(iq, stanza(REGISTRATION, { stage: 'companion_hello' }, [answer])))
  world.later(world.options.codeTtlMs, () => expire(request))
  world.events.emit('codeRequested', { account: pn })
  return true
}

/** Baileys writes text where WhatsApp Web writes bytes. */
const textIn = (about: BinaryNode, tag: string) => String(child(about, tag)?.content ?? '')

/** WhatsApp takes a client that names its kind, and shows itself as "Browser (System)" (WhatsApp Web, whatsapp-rust). */
function isKnownKind(about: BinaryNode): boolean {
  const kind = textIn(about, 'companion_platform_id')
  return /^[1-9c]$/.test(kind) && DISPLAY.test(textIn(about, 'companion_platform_display'))
}

/** Tells the device that its code is good no more; Baileys takes no notice of it. */
function expire(request: CodeRequest) {
  const { offer, ref } = request
  request.expired = true
  if (offer.state === 'live') notify(offer, 'refresh_code', [stanza('link_code_pairing_ref', {}, ref)])
}

/** What a phone does with the code its user types. Rejects with one sentence when it cannot link. */
export async function enterCode(world: World, account: Account, typed: string): Promise<Device> {
  const code = typed.replace(/[^0-9a-z]/gi, '').toUpperCase()
  const request = await requestFor(world, account.pn)
  const { offer, wrapped, ref, expired } = request
  if (expired) throw new Error('this code has expired')
  if (offer.state === 'used') throw new Error('this code was already used')
  if (!offer.connection.open) throw new Error('the socket that asked for this code is gone')
  if (++request.hellos === MAX_HELLOS) world.later(ANSWERED_WITHIN_MS, () => expire(request))
  const companion = ctr(await keyOf(code, wrapped), wrapped.subarray(32, 48), wrapped.subarray(48, 80))
  const ephemeral = Curve.generateKeyPair()
  const { identity } = account.signal
  for (const form of account.linking.onCode.splice(0)) refresh(offer, form)
  const answered = answerOf(world, offer)
  notify(offer, 'primary_hello', [
    stanza('link_code_pairing_wrapped_primary_ephemeral_pub', {}, await wrap(code, ephemeral.public)),
    stanza('primary_identity_pub', {}, identity.public),
    stanza('link_code_pairing_ref', {}, ref),
  ])
  const finish = await answered
  for (const form of account.linking.onFinish.splice(0)) refresh(offer, form)
  const shared = Curve.sharedKey(ephemeral.private, companion)
  const bundle = open(shared, bytesOf(finish, 'link_code_pairing_wrapped_key_bundle'))
  if (!bundle) throw new Error('the code is wrong')
  const theirs = bundle.subarray(0, 32)
  if (!theirs.equals(offer.registration.identity) || !bundle.subarray(32, 64).equals(identity.public))
    throw new Error('the device names other identity keys')
  const secrets = [shared, Curve.sharedKey(identity.private, theirs), bundle.subarray(64, 96)]
  const secret = hkdfSync('sha256', Buffer.concat(secrets), NO_SALT, 'adv_secret', 32)
  return linkOrDemandPasskey(world, account, offer, Buffer.from(secret))
}

/** `requestPairingCode` does not wait for the server: the code may be here before the request. */
function requestFor(world: World, pn: string): Promise<CodeRequest> {
  const there = world.codeRequests.get(pn)
  if (there) return Promise.resolve(there)
  return new Promise((resolve, reject) => {
    const look = () => {
      const request = world.codeRequests.get(pn)
      if (!request) return
      world.events.off('codeRequested', look)
      resolve(request)
    }
    world.events.on('codeRequested', look)
    world.later(REQUEST_WITHIN_MS, () => {
      world.events.off('codeRequested', look)
      reject(new Error(`no socket asked for a code for ${pn}`))
    })
  })
}

function notify(offer: PairingOffer, stage: string, content: BinaryNode[]) {
  notifyOffer(offer, REGISTRATION, [stanza(REGISTRATION, { stage }, content)])
}

/** The key of the code; the salt is the first 32 bytes. */
const keyOf = (code: string, salted: Uint8Array) => derive(code, salted.subarray(0, 32), ROUNDS, 32, 'sha256')

async function wrap(code: string, key: Uint8Array): Promise<Buffer> {
  const salt = randomBytes(32)
  const iv = randomBytes(16)
  return Buffer.concat([salt, iv, ctr(await keyOf(code, salt), iv, key)])
}

/** AES in counter mode: the same in both directions, and never wrong, whatever the key. */
function ctr(key: Buffer, iv: Uint8Array, bytes: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-ctr', key, iv)
  return Buffer.concat([cipher.update(bytes), cipher.final()])
}

/** Opens the key bundle (salt 32, iv 12, AES-GCM); undefined when the two sides used different codes. */
function open(shared: Uint8Array, sealed: Buffer): Buffer | undefined {
  const info = 'link_code_pairing_key_bundle_encryption_key'
  const key = Buffer.from(hkdfSync('sha256', shared, sealed.subarray(0, 32), info, 32))
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(32, 44))
  decipher.setAuthTag(sealed.subarray(-16))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(44, -16)), decipher.final()])
  } catch {
    return undefined
  }
}
