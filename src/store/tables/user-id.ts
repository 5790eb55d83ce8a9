/** As its caller gave it; what is damaged, as it lies there. */
export function userIdIn(stored: string): string | number {
  try {
    const userId: unknown = JSON.parse(stored)
    if (typeof userId === 'string' || typeof userId === 'number') return userId
  } catch {
    // Nobody but this session shall notice.
  }
  return stored
}
