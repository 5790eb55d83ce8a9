/**
 * What can be wrong, and by which sentences each is told: test/problems.test.ts brings each about, looks that its sentence says what mends
 * it, and that the dashboard says it in every language.
 */
export const PROBLEM_SENTENCES = {
  /** By what mends it: SQLite's file, or a server of PostgreSQL. */
  STORE_FAILED: [
    'full',
    'held',
    'not_writable',
    'disk_fails',
    'damaged',
    'cannot_open',
    'unclear',
    'server_full',
    'server_busy',
    'server_slow',
    'server_read_only',
    'server_fails',
    'server_rights',
    'server_away',
    'server_unclear',
  ],
  DISK_LOW: ['nearly_full', 'nearly_full_of_files'],
  SUPERVISOR_FAILED: ['ended'],
  SHUTTING_DOWN: ['stopping'],
  CLIENT_OUTDATED: ['refused'],
  /** One for each route that fails; `cause` is of LARAVEL_CAUSES, and told as sessions tell it. */
  LARAVEL_UNAVAILABLE: ['failing', 'wrong_address'],
  /** `cause` as there; of the second nothing failed yet. */
  DELIVERIES_WAIT: ['late', 'late_in_turn'],
  PUBLIC_URL_MISSING: ['guessed'],
  REDIS_UNAVAILABLE: ['unusable'],
  SESSION_UNREADABLE: ['stand_still'],
  CREDENTIALS_UNREADABLE: ['unreadable'],
  NODE_URL_SHARED: ['same_url'],
  MEDIA_NOT_SHARED: ['files_apart'],
  SESSIONS_WITHOUT_NODE: ['no_room'],
  FAULTS: ['uncaught'],
} as const

export type ProblemCode = keyof typeof PROBLEM_SENTENCES

/** A sentence by its name, and what stands in it: plain values, times in ISO 8601, no secret. */
export interface Said {
  says: (typeof PROBLEM_SENTENCES)[ProblemCode][number]
  values: Record<string, string | number>
}

/** Something that somebody must know of: a code for programs, and a sentence that says what is wrong and what mends it. */
export interface Problem {
  code: ProblemCode
  message: string
  /** The same for who says it in another language, a sentence each; without it the message is all there is. */
  said?: Said[]
}

/** Whether the service can do its work, for `/health/ready`. */
export interface Readiness {
  ready: boolean
  /** Why it is not ready. */
  problems: Problem[]
  /** What somebody should look at while the rest works. */
  warnings: Problem[]
  /** How it stands with Laravel, which is another thing: what is sent goes out without it. Null: there is none. */
  laravel: LaravelState | null
  /** Where several nodes share the sessions. */
  node?: NodeState
}

/** A node, and what it saw of all lately. */
export interface NodeState {
  /** Its name for as long as it has its lease; null: it has none, and nothing runs here. */
  id: string | null
  /** Where the others reach it. */
  url: string
  sessions: number
  /** For how long it may believe in its lease, in ms. */
  leaseMs: number
  /** Nodes that have sessions, and sessions that none has. */
  nodes: number
  free: number
}

/** The routes of Laravel that do not answer as they should; times in ms. */
export interface LaravelState {
  ok: boolean
  failing: { route: string; cause: string; status: number | null; since: number; message: string }[]
}

export const SHUTTING_DOWN: Problem = {
  code: 'SHUTTING_DOWN',
  message: 'The service is shutting down; what supervises it (systemd, Docker) starts it again.',
  said: [{ says: 'stopping', values: {} }],
}

export const SUPERVISOR_FAILED: Problem = {
  code: 'SUPERVISOR_FAILED',
  message:
    'The supervisor of the sessions failed, so the process ends, and what supervises it (systemd, Docker) starts it again; please report what the log says of it',
  said: [{ says: 'ended', values: {} }],
}
