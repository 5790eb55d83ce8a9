import type { Operations } from '../operation.ts'
import { DELIVERIES } from './deliveries.ts'
import { LINKING } from './linking.ts'
import { LOG } from './log.ts'
import { MESSAGES } from './messages.ts'
import { SERVICE } from './service.ts'
import { SESSIONS } from './sessions.ts'

/** Every route for programs; the dashboard's own are not among them. */
export const OPERATIONS: Operations = {
  ...SESSIONS,
  ...LINKING,
  ...MESSAGES,
  ...LOG,
  ...DELIVERIES,
  ...SERVICE,
}
