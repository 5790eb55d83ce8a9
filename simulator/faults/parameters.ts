import { z } from 'zod'

const DAY_MS = 24 * 60 * 60 * 1000
const Ms = z.number().positive().max(DAY_MS)

/** What a fault may be told beside whom it means. */
export const PARAMETERS = {
  for: Ms.describe('How long it lasts, in milliseconds.'),
  times: z
    .int()
    .min(1)
    .max(1_000_000)
    .describe('How often it strikes, in all; without `for` and `times` once.'),
  status: z.int().min(100).max(999).describe('The code of a stream error or a failure, or an HTTP status.'),
  child: z
    .string()
    .regex(/^[a-z][a-z:-]{0,40}$/)
    .describe('The tag of the only child of a stream error.'),
  expire: z.int().min(1).describe('How many seconds a temporary ban (402) lasts.'),
  delay: Ms.describe('Milliseconds.'),
  bytes: z.int().min(1).max(65_536).describe('The size of a packet.'),
  chats: z.enum(['kept']).describe('Only what is of different chats changes places.'),
  code: z
    .string()
    .regex(/^\d{3}$/)
    .describe('The code of an error, such as "463".'),
  backoff: z.int().min(1).describe('For so many seconds the account is to send nothing.'),
  query: z
    .string()
    .regex(/^[\w:]+(\/[\w-]+)?$/)
    .describe('The xmlns of a query, or its xmlns and first child: `usync`, `encrypt/key`.'),
  answer: z
    .union([z.enum(['unanswered', 'omitted']), z.strictObject({ error: z.string() })])
    .describe('`unanswered`, `omitted` or {"error": code}.'),
  change: z.enum(['linked', 'removed']).describe('Whether a device is linked (unless given) or removed.'),
  count: z.int().min(0).max(812).describe('How many one-time keys are left.'),
}

export type Parameter = keyof typeof PARAMETERS
