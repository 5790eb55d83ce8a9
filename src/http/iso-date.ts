/** Milliseconds since the epoch as the API spells dates: ISO 8601 in UTC with `Z`. */
export function isoDate(ms: number): string {
  return new Date(ms).toISOString()
}
