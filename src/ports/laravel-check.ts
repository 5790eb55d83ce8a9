/** Asks Laravel, route by route, whether deliveries would be taken: nothing is delivered, and no handler but the question's hears of it. */
export interface LaravelCheck {
  /**
   * Never rejects. `thorough` also tries a wrong token and a wrong signature, which Laravel may write down somewhere. Whoever asks while one
   * runs gets the same report; a service that stops reports nothing.
   */
  run(how: 'thorough' | 'brief'): Promise<CheckReport>
}

export interface CheckReport {
  /** Nothing failed. */
  ok: boolean
  /** LARAVEL_URL without credentials; null: there is none. */
  address: string | null
  checks: Check[]
}

export const CHECK_RESULTS = ['passed', 'warning', 'unclear', 'failed'] as const

/** One line of the report. */
export interface Check {
  /** `address`, `token`, `signature`, or a route such as `POST /qr`. */
  subject: string
  /** `unclear`: only a delivery will tell. */
  result: (typeof CHECK_RESULTS)[number]
  /** What was answered; null: nothing was, or it is not about one answer. */
  status: number | null
  message: string
  /** What somebody can do; null where nothing needs to be done. */
  mend: string | null
}
