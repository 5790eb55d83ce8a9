/** What can be wrong; test/problems.test.ts brings each about, and looks that its sentence says what mends it. */
export type ProblemCode =
  | 'STORE_FAILED'
  | 'SUPERVISOR_FAILED'
  | 'SHUTTING_DOWN'
  | 'CLIENT_OUTDATED'
  | 'LARAVEL_UNAVAILABLE'
  | 'REDIS_UNAVAILABLE'
  | 'SESSION_UNREADABLE'
  | 'CREDENTIALS_UNREADABLE'
  | 'FAULTS'

/** Something that somebody must know of: a code for programs, and a sentence that says what is wrong and what mends it. */
export interface Problem {
  code: ProblemCode
  message: string
}

/** Whether the service can do its work, for `/health/ready`. */
export interface Readiness {
  ready: boolean
  /** Why it is not ready. */
  problems: Problem[]
  /** What somebody should look at while the rest works. */
  warnings: Problem[]
}

export const SHUTTING_DOWN: Problem = {
  code: 'SHUTTING_DOWN',
  message: 'The service is shutting down; what supervises it (systemd, Docker) starts it again.',
}
