import { setup } from 'xstate'

type Estado = 'pending' | 'active' | 'inactive'

/** What a user, Laravel and WhatsApp can know of a session; nothing of how the manager works. */
export interface ModelContext {
  /** `paired`: a phone has scanned; `linked`: the session was open since. */
  link: 'none' | 'paired' | 'linked'
  /** What WhatsApp has not confirmed yet. */
  owes: 'none' | 'logout' | 'delete'
  reason: string | null
  attempts: number
  /** Laravel was told that it is suspended: no mere try changes that. */
  down: boolean
  /** WhatsApp refused its version; a third rest would be so long that Laravel hears of it, so the model knows two. */
  outdated: boolean
  /** Every estado_qr that Laravel was told, over all lives of the session. */
  told: Estado[]
  /** The last one of all lives. */
  lastTold: Estado | null
  /** The last one of this life that Laravel knows: told, or its own word. */
  estado: Estado | null
  /** /start came after Laravel was last told something. */
  startedSince: boolean
  /** QRs that Laravel took, and whether the last is less than 30 s ago. */
  published: number
  throttled: boolean
  /** Laravel took one since the session was last begun. */
  shown: boolean
  /** A QR is offered; a newer one than the published waits. */
  qr: boolean
  held: boolean
  /** Devices on the phone's list. */
  devices: number
  /** Sends that wait and that arrived; messages that wait at WhatsApp and that Laravel has. */
  queued: number
  arrived: number
  unread: number
  heard: number
  /** Messages that came too late, or just in time, for a link that ended. */
  lost: number
  /** The status of the last HTTP answer. */
  http: number
}

/**
 * What can happen in the world of one session. A word after a dot says how; the last word may be how Laravel behaves then:
 * `no` (404), `inactive` (its own word), `oldNews` (`inactive`, as it was told or as it was before /start),
 * `away` (503), `silent` (no answer), `takesNoQr` (503 for POST /qr alone).
 */
export type WorldEvent = {
  type:
    | ('start' | 'restart' | 'logout' | 'logout.unheard' | 'delete' | 'send')
    // WhatsApp lets a waiting connection in: it offers a QR, or the device is logged in.
    | `answer${'' | '.no' | '.inactive' | '.oldNews' | '.away' | '.silent' | '.takesNoQr'}`
    // WhatsApp refuses the login; 401 because the phone unlinked the device meanwhile.
    | `refuse.${401 | 402 | 403 | 405 | 503}`
    | `drop.network${'' | '.no' | '.inactive' | '.oldNews' | '.away' | '.silent'}`
    | `drop.${'503' | '515' | 'replaced' | 'removed' | 'removed.away'}`
    // A phone scans, and WhatsApp makes the QR void; another one takes its place.
    | `scan.refreshed${'' | '.away'}`
    | ('scan' | 'newQr' | 'newQr.away' | 'qrsUsedUp' | 'message')
    | `throttleEnds${'' | '.no' | '.away' | '.silent'}`
    | `askedAgain${'' | '.no' | '.away' | '.takesNoQr'}`
    | `rechecked${'' | '.inactive' | '.away'}`
    // A suspended session has rested.
    | 'restEnds'
    | ('expiry' | 'watchdog' | 'backoffEnds' | 'longOpen' | 'sixHours' | 'unlinkEnds')
    | `idle.${'keep' | 'hibernate' | 'delete'}`
    // The process ends on SIGTERM, or all at once, and comes back.
    | ('stop' | 'kill')
    | 'laravelBack'
}

export const fresh: ModelContext = {
  link: 'none',
  owes: 'none',
  reason: null,
  attempts: 0,
  down: false,
  outdated: false,
  told: [],
  lastTold: null,
  estado: null,
  startedSince: false,
  published: 0,
  throttled: false,
  shown: false,
  qr: false,
  held: false,
  devices: 0,
  queued: 0,
  arrived: 0,
  unread: 0,
  heard: 0,
  lost: 0,
  http: 0,
}

/** A "no" is Laravel's own word: not what it was told, and not older than the last /start. */
export const believesNo = ({ lastTold, startedSince }: ModelContext) =>
  lastTold === null || (lastTold !== 'inactive' && !startedSince)

/** A socket that opens now offers a QR which may be published at once. */
const publishes = ({ link, throttled }: ModelContext) => link === 'none' && !throttled

export const world = setup({
  types: { context: {} as ModelContext, events: {} as WorldEvent },
  guards: {
    isNew: ({ context }) => context.link === 'none',
    isFree: ({ context }) => context.owes === 'none',
    isPairedAndFree: ({ context }) => context.link !== 'none' && context.owes === 'none',
    isLinkedAndFree: ({ context }) => context.link === 'linked' && context.owes === 'none',
    owesSomething: ({ context }) => context.owes !== 'none',
    owesLogout: ({ context }) => context.owes === 'logout',
    owesDelete: ({ context }) => context.owes === 'delete',
    isThrottled: ({ context }) => context.link === 'none' && context.throttled,
    isHeld: ({ context }) => context.held,
    laravelHasIt: ({ context }) => context.shown,
    publishes: ({ context }) => publishes(context),
    believesNo: ({ context }) => believesNo(context),
    knowsBetter: ({ context }) => !believesNo(context),
    publishesNot: ({ context }) => publishes(context) && believesNo(context),
    publishesAnyway: ({ context }) => publishes(context) && !believesNo(context),
    endsByRestart: ({ context }) => context.reason === 'replaced' || context.reason === 'client_outdated',
    isOutdated: ({ context }) => context.reason === 'client_outdated' && context.owes === 'none',
    isLinkedAndUpToDate: ({ context: { link, owes, outdated } }) =>
      link === 'linked' && owes === 'none' && !outdated,
    restsShortly: ({ context: { reason, owes, outdated } }) =>
      reason !== 'laravel_inactive' && (owes === 'none' || !outdated),
    isOutdatedAnyway: ({ context }) => context.reason === 'client_outdated',
    isDueToLaravel: ({ context }) => context.reason === 'laravel_inactive',
  },
})

type Change = Partial<ModelContext> | ((context: ModelContext) => Partial<ModelContext>)
const set = (change: Change) =>
  world.assign(({ context }) => (typeof change === 'function' ? change(context) : change))

export const nothing = set({})
export const answers = (http: number) => set({ http })
export const because = (reason: string) => set({ reason })

/** Laravel is told what changed, and only what changed. */
const telling =
  (estado: Estado, applies: (context: ModelContext) => boolean = () => true) =>
  (context: ModelContext): Partial<ModelContext> =>
    context.estado === estado || !applies(context)
      ? {}
      : { estado, told: [...context.told, estado], lastTold: estado, startedSince: false }
export const tell = (estado: Estado) => set(telling(estado))
export const tellIfLinked = set(telling('active', ({ link, down }) => link === 'linked' && !down))
/** Whoever owes a logout is connecting again, with what it was before. */
export const tellOwing = [
  tellIfLinked,
  set(telling('pending', ({ link, shown, down }) => link !== 'linked' && shown && !down)),
]
export const welcome = set({ reason: null, down: false })
export const down = set({ down: true })
/** Laravel's own word is told to nobody. */
export const hear = (estado: Estado) => set({ estado })

export const started = set({ startedSince: true })
export const afresh = set({
  reason: null,
  attempts: 0,
  down: false,
  outdated: false,
  shown: false,
  qr: false,
  held: false,
})
export const failed = (reason: string) =>
  set(({ attempts }) => ({ reason, attempts: attempts + 1, qr: false, held: false }))
export const versionRefused = [failed('client_outdated'), set({ outdated: true })]
export const offered = set({ qr: true, held: true })
/** Laravel answers 503: that is what the session says until Laravel has its QR. */
const AWAY = 'laravel_maintenance'
export const laravelIsAway = because(AWAY)
/** The question that Laravel never answered ends: what it would say now is asked later. */
const TIMEOUT = 'laravel_timeout'
export const laravelWasSilent = because(TIMEOUT)
const isOfLaravel = (reason: string | null) => reason === AWAY || reason === TIMEOUT
export const heldBackInVain = [set({ held: true }), laravelIsAway]
/** The newest QR is the one that Laravel is asked to take. */
export const offeredInVain = [set({ held: false }), laravelIsAway]
export const published = [
  set(({ published: count, reason }) => ({
    ...{ published: count + 1, throttled: true, shown: true, held: false },
    reason: isOfLaravel(reason) ? null : reason,
  })),
  tell('pending'),
]
/** The same reference with another secret. */
export const replaced = because('qr_replaced')
export const unthrottled = set({ throttled: false })
export const heldBack = set({ held: true })
export const expired = [
  set(({ reason }) => ({
    // Nobody could scan what Laravel did not show.
    reason: isOfLaravel(reason) ? reason : 'qr_expired',
    ...{ shown: false, qr: false, held: false },
  })),
  tell('inactive'),
]
export const noQr = set({ qr: false, held: false })
export const paired = set(({ devices }) => ({
  link: 'paired',
  devices: devices + 1,
  reason: 'restart_required',
  qr: false,
  held: false,
}))
export const opened = set(({ queued, arrived, unread, heard }) => ({
  link: 'linked',
  reason: null,
  ...{ down: false, outdated: false },
  throttled: false,
  shown: false,
  ...{ queued: 0, arrived: arrived + queued, unread: 0, heard: heard + unread },
}))
export const settled = set({ attempts: 0 })
export const owe = (owes: 'logout' | 'delete') => set(context => (context.owes === 'delete' ? {} : { owes }))
export const queued = set(context => ({ queued: context.queued + 1 }))
export const arrived = set(context => ({ arrived: context.arrived + 1 }))
export const unread = set(context => ({ unread: context.unread + 1 }))
export const heard = set(context => ({ heard: context.heard + 1 }))
export const oneDeviceLess = set(({ devices }) => ({ devices: devices - 1 }))
/** The link has ended, the session has not. */
export const over = [
  set(({ unread: missed, lost }) => ({
    ...{
      link: 'linked',
      owes: 'none',
      queued: 0,
      throttled: false,
      qr: false,
      held: false,
      ...{ down: false, outdated: false },
    },
    ...{ unread: 0, lost: lost + missed },
  })),
  tell('inactive'),
]
/** Nothing is left of this life but what others remember. */
export const gone = [
  tell('inactive'),
  set(
    ({
      told,
      lastTold,
      published: count,
      devices,
      arrived: sent,
      unread: missed,
      heard: received,
      lost,
      http,
    }) => ({
      ...fresh,
      ...{
        told,
        lastTold,
        published: count,
        devices,
        arrived: sent,
        heard: received,
        lost: lost + missed,
        http,
      },
    }),
  ),
]
export const refusedByLaravel = [noQr, hear('inactive'), because('laravel_inactive')]
export const unlinkedAfresh = set({ link: 'none' })
