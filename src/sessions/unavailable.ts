import { GatewayError } from '../base/errors.ts'

/** For a session that exists and does not run here: it comes back, here or on another node. Nothing was stored. */
export const notRunning = () =>
  new GatewayError('NOT_READY', 'This session is not running here at the moment; ask again in a moment.', {
    retryAfterSeconds: 1,
  })

/** `state`: dotted. */
export const takesNoSends = (sessionId: string, state: string) =>
  new GatewayError(
    'SESSION_NOT_CONNECTED',
    `Session ${sessionId} is ${state}, so nothing can be sent; nothing was stored. Call /start to connect it.`,
  )
