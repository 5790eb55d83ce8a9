/** How WhatsApp says that the secret of a QR is void; with `null` it names nothing, and nothing is due but the acknowledgement. */
export type RefreshForm = 'companion_reg_refresh' | 'pair-device-rotate-qr' | null

/** What the server or the phone gets wrong while it links a device, each to be answered in its own way by the device. */
export type LinkingFault =
  /** `pair-success` whose HMAC is made with another secret. */
  | 'hmac'
  /** `pair-success` whose account signature is another's. */
  | 'signature'
  /** `pair-success` without the device's identity. */
  | 'incomplete'
  /** A `<success>` before pairing has ended: to be ignored. */
  | 'early-success'

/** A refusal of `companion_hello`, by its text (WhatsApp Web). */
export type CodeError = 'bad-request' | 'feature-not-available' | 'rate-overlimit' | 'forbidden'

/** What happens at the next attempts to link a device to an account; each entry is used once, the first at first. */
export class LinkingPlan {
  /** A scan only makes the QR's secret void: the user has to scan what is drawn instead. */
  onScan: RefreshForm[] = []
  /** The same while a pairing code is shown: said when the user has typed it. */
  onCode: RefreshForm[] = []
  /** The same once the device has handed over its half of a pairing code: too late to mean anything. */
  onFinish: RefreshForm[] = []
  faults: LinkingFault[] = []
  /** How WhatsApp refuses the next requests for a pairing code. */
  codeErrors: CodeError[] = []
}
