import type { SessionContext } from '../session.context.ts'

type Args = { context: SessionContext }

/** Asks Laravel whether the session is active. */
export const question = {
  src: 'askLaravel',
  id: 'question',
  input: ({ context: { sessionId } }: Args) => ({ sessionId }),
} as const

/** Offers the newest QR or pairing code to Laravel, once. */
export const publication = {
  src: 'publishQr',
  id: 'publication',
  input: ({ context: { sessionId, qr } }: Args) => ({ sessionId, hash: qr.current?.hash ?? '' }),
} as const
