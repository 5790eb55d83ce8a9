/** What stands where WhatsApp's request options belong. */
export const OPTIONS_SENT = ['good', 'absent', 'unreadable', 'oversized'] as const
export type OptionsSent = (typeof OPTIONS_SENT)[number]

/** The iqs that a device sends while a passkey is demanded, by the tag of their child. */
export const PASSKEY_IQS = [
  'passkey_request_options',
  'ref',
  'passkey_prologue',
  'companion_nonce',
  'encrypted_pairing_request',
] as const
export type PasskeyIq = (typeof PASSKEY_IQS)[number]

/** What the owner of a phone does with the code that it shows. */
export const CODE_ANSWERS = ['confirmed', 'rejected', 'awaited'] as const
export type CodeAnswer = (typeof CODE_ANSWERS)[number]

/** How an account demands a passkey before a device is linked. */
export type PasskeyDemand = {
  /** The options in the notification, and those in the answer to the iq that asks for them. */
  told: OptionsSent
  answered: OptionsSent
  /** Iqs that get error 500. */
  refused: readonly PasskeyIq[]
  /** Iqs that get no answer. */
  unanswered: readonly PasskeyIq[]
  /** Whether the phone answers an accepted prologue. */
  continues: boolean
  /** `awaited`: somebody is to say it. */
  code: CodeAnswer
}

/** A demand that goes as it should, but for what is given. */
export const passkeyDemand = (given: Partial<PasskeyDemand> = {}): PasskeyDemand => ({
  told: 'good',
  answered: 'good',
  refused: [],
  unanswered: [],
  continues: true,
  code: 'confirmed',
  ...given,
})
