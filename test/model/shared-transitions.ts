import {
  afresh,
  answers,
  because,
  down,
  failed,
  gone,
  hear,
  heldBackInVain,
  noQr,
  nothing,
  oneDeviceLess,
  over,
  owe,
  queued,
  started,
  tell,
  tellIfLinked,
  tellOwing,
  unlinkedAfresh,
  versionRefused,
} from './model-context.ts'

export const STARTING = '#world.starting'
export const WAITING = '#world.reconnecting.waiting'
export const VERIFYING = '#world.reconnecting.verifying'
export const SUSPENDED = '#world.reconnecting.suspended'
export const SHOWN = '#world.awaitingQr.shown.throttled'
export const UNLINKED = '#world.loggedOut.unlinked.told'
export const ABSENT = '#world.absent'

export const askedInVain = { target: '#world.awaitingQr.verifying.pausing', actions: heldBackInVain } as const

export const conflict = { actions: answers(409) }
export const unchanged = { actions: answers(200) }
export const startUnchanged = [{ guard: 'isFree', actions: [started, answers(200)] }, conflict] as const
export const restart = [
  { guard: 'isFree', target: STARTING, reenter: true, actions: [afresh, tellIfLinked, answers(200)] },
  conflict,
] as const
export const queueOrRefuse = [
  { guard: 'isPairedAndFree', actions: [queued, answers(202)] },
  conflict,
] as const
/** Nobody has scanned: there is nothing to unlink. */
export const forget = {
  logout: { target: '#world.loggedOut.neverLinked', actions: [noQr, tell('inactive'), answers(200)] },
  delete: { target: ABSENT, actions: [...gone, answers(200)] },
} as const
/** WhatsApp has to confirm it, and is not connected. */
const owed = {
  logout: { target: STARTING, actions: [owe('logout'), ...tellOwing, answers(202)] },
  delete: { target: STARTING, actions: [owe('delete'), ...tellOwing, answers(202)] },
} as const
export const forgetOrOwe = {
  logout: [{ guard: 'isNew', ...forget.logout }, owed.logout],
  delete: [{ guard: 'isNew', ...forget.delete }, owed.delete],
} as const
export const remains = { actions: nothing } as const
export const startsAgain = { target: STARTING, actions: [afresh, tellIfLinked] } as const
export const unlinkedByPhone = [
  { guard: 'owesDelete', target: ABSENT, actions: [oneDeviceLess, ...gone] },
  { target: UNLINKED, actions: [oneDeviceLess, failed('unlinked'), ...over] },
] as const
export const suspendedFor = (reason: string) =>
  ({ target: SUSPENDED, actions: [failed(reason), down, tell('inactive')] }) as const
export const suspendedByLaravel = {
  target: SUSPENDED,
  actions: [failed('laravel_inactive'), down, hear('inactive')],
} as const
/** WhatsApp refuses the version of the client, and Laravel hears nothing for an hour. */
export const outdated = { target: SUSPENDED, actions: versionRefused } as const
/** A call lets nobody in whom WhatsApp refuses for the version. */
const stillOutdated = (...first: ReturnType<typeof answers>[]) =>
  ({
    guard: 'isOutdated',
    actions: [...first, afresh, ...versionRefused, tellIfLinked, answers(200)],
  }) as const
export const startSuspended = [
  stillOutdated(started),
  { guard: 'isFree', target: STARTING, actions: [started, afresh, tellIfLinked, answers(200)] },
  conflict,
] as const
export const restartSuspended = [stillOutdated(), ...restart] as const
const outdatedOwing = (intent: 'logout' | 'delete') =>
  ({
    guard: 'isOutdatedAnyway',
    actions: [owe(intent), ...versionRefused, answers(202)],
  }) as const
export const oweSuspended = {
  logout: [outdatedOwing('logout'), ...forgetOrOwe.logout],
  delete: [outdatedOwing('delete'), ...forgetOrOwe.delete],
} as const
export const unlinkedByUs = [oneDeviceLess, because('logged_out'), ...over]
/** Nothing is on the way: the session waits for /start. */
export const ended = {
  start: {
    target: STARTING,
    actions: [unlinkedAfresh, started, afresh, answers(200)],
  },
  delete: { target: ABSENT, actions: [...gone, answers(200)] },
  send: conflict,
} as const
