/** What Laravel is told of an account beside messages, when LARAVEL_EVENTS names it. */
export const ACCOUNT_EVENT_TYPES = ['call', 'group', 'contact', 'passkey'] as const

export type AccountEventType = (typeof ACCOUNT_EVENT_TYPES)[number]
