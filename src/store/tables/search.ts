import { userIdIn } from './user-id.ts'

/** What a search looks into: session id, user id, number and name, one per line, in lower case. */
export function foldSearch(sessionId: string, userId: string, context: string): string {
  const known: unknown = JSON.parse(context)
  const { waId, pushName } = (known ?? {}) as { waId?: unknown; pushName?: unknown }
  const user = userIdIn(userId)
  return [sessionId, user, waId, pushName]
    .filter(value => value !== undefined && value !== null)
    .join('\n')
    .toLowerCase()
}

/** The texts of which one must occur: what was typed, and its digits if it looks like a phone number. */
export function searchTerms(q: string): [typed: string, number: string] {
  const typed = q.trim().toLowerCase()
  const looksLikeNumber = /^\+?[\d\s().-]*\d[\d\s().-]*$/.test(typed)
  return [typed, looksLikeNumber ? typed.replace(/\D/g, '') : typed]
}
