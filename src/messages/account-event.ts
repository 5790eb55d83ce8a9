import { z } from 'zod'

/** What Laravel is told of an account beside messages, when LARAVEL_EVENTS names it. */
export const ACCOUNT_EVENT_TYPES = ['call', 'group', 'contact', 'passkey'] as const

export type AccountEventType = (typeof ACCOUNT_EVENT_TYPES)[number]

const text = z.string().nullable()

/** A call to the account; each status of one call is told once. */
export const callEvent = z.object({
  type: z.literal('call'),
  call_id: z.string(),
  from: text.describe("The caller's digits, null while WhatsApp gives only a LID."),
  from_lid: text,
  is_video: z.boolean(),
  is_group: z.boolean(),
  status: z.enum(['ringing', 'missed', 'rejected', 'answered_elsewhere']),
})

/** A change of a group that the account is in. */
export const groupEvent = z.object({
  type: z.literal('group'),
  jid: z.string(),
  action: z.enum(['add', 'remove', 'leave', 'promote', 'demote', 'subject', 'description', 'settings']),
  author: text.describe('Who did it, as WhatsApp names them in this group.'),
  author_phone: text.describe('Their digits.'),
  participants: z
    .array(z.object({ jid: z.string(), phone: text }))
    .describe('Whom it concerns; `phone` is digits.'),
  subject: text.describe('The new subject.'),
  setting: z
    .object({ name: z.string(), value: text })
    .nullable()
    .describe('What WhatsApp calls the setting, such as `announcement`, and its value if it has one.'),
})

/** A change of a person. */
export const contactEvent = z.object({
  type: z.literal('contact'),
  jid: z.string(),
  phone: text,
  change: z.enum(['number', 'picture', 'name']),
  old_jid: text.describe('Of a number: who this was before.'),
  old_phone: text,
  has_picture: z.boolean().nullable().describe('Of a picture: whether there is one now.'),
  name: text.describe('The new name.'),
})

/** A passkey that WhatsApp demands before it links a phone. */
export const passkeyEvent = z.object({
  type: z.literal('passkey'),
  state: z.enum(['required', 'confirm', 'failed']),
  code: text.describe('Of `confirm`: XXXX-XXXX, to be compared with the phone; null once it holds no more.'),
  expires_at: z.iso.datetime(),
  reason: text.describe('Of `failed`: a code.'),
  reason_text: text.describe('The same as a sentence.'),
})

export type CallEvent = z.infer<typeof callEvent>
export type GroupEvent = z.infer<typeof groupEvent>
export type ContactEvent = z.infer<typeof contactEvent>
export type PasskeyEvent = z.infer<typeof passkeyEvent>

/** A contact's event; what its change does not need is null. */
export function contactEventOf(
  { jid, phone }: Pick<ContactEvent, 'jid' | 'phone'>,
  change: ContactEvent['change'],
  more: Partial<ContactEvent>,
): ContactEvent {
  const nothing = { old_jid: null, old_phone: null, has_picture: null, name: null }
  return { type: 'contact', jid, phone, change, ...nothing, ...more }
}

/** What happened to an account, as Laravel is told. */
export type AccountEvent = CallEvent | GroupEvent | ContactEvent
