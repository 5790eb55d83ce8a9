/** Something that somebody must know of: a code for programs, and a sentence that says what is wrong and what mends it. */
export interface Problem {
  code: string
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
