import type { SessionContext } from '../../../machines/session.context.ts'

type Check = (value: unknown) => boolean

const isText: Check = value => typeof value === 'string'
const isNumber: Check = value => typeof value === 'number' && Number.isFinite(value)
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const orNull =
  (check: Check): Check =>
  value =>
    value === null || check(value)
const orAbsent =
  (check: Check): Check =>
  value =>
    value === undefined || check(value)
const shape =
  (fields: Record<string, Check>): Check =>
  value =>
    isRecord(value) && Object.entries(fields).every(([name, check]) => check(value[name]))

const FIELDS: Record<keyof SessionContext, Check> = {
  sessionId: isText,
  userId: value => isText(value) || isNumber(value),
  createdAt: isNumber,
  startedAt: isNumber,
  phoneNumber: orAbsent(isText),
  intent: value => value === 'none' || value === 'logout' || value === 'delete',
  linked: value => typeof value === 'boolean',
  waId: orNull(isText),
  lid: orNull(isText),
  pushName: orNull(isText),
  attempts: isNumber,
  loginFailures: isNumber,
  restarts: isNumber,
  outage: orNull(shape({ since: isNumber, rests: isNumber, told: value => typeof value === 'boolean' })),
  connectingAt: isNumber,
  openedAt: orNull(isNumber),
  retryAt: orNull(isNumber),
  reason: orNull(isText),
  reasonText: orNull(isText),
  archiveUntil: orNull(isNumber),
  qr: shape({
    current: orNull(shape({ hash: isText, expiresAt: isNumber })),
    published: orNull(shape({ hash: isText, at: isNumber })),
    lastPublishedAt: orNull(isNumber),
    unclear: isNumber,
    askAt: orNull(isNumber),
  }),
  passkey: orAbsent(shape({ expiresAt: isNumber })),
  reachOutLock: orNull(shape({ at: isNumber, until: isNumber })),
  slowdown: orNull(shape({ at: isNumber, perMinute: isNumber, until: isNumber })),
}

/** The first field of a stored context that is not what the machine keeps there; null if all are. */
export function damagedField(context: unknown): string | null {
  if (!isRecord(context)) return 'context'
  return Object.entries(FIELDS).find(([name, check]) => !check(context[name]))?.[0] ?? null
}
