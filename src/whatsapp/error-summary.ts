/** Kind and place of an error for the log, without its message: that may quote keys or words of a chat. */
export function summaryOf(error: unknown): { error: string; code?: string | number; at?: string } {
  if (!(error instanceof Error)) return { error: typeof error }
  const at = error.stack?.match(/^\s+at .*$/m)?.[0].trim()
  const code =
    'code' in error && (typeof error.code === 'string' || typeof error.code === 'number') ? error.code : null
  return { error: error.name, ...(code !== null && { code }), ...(at !== undefined && { at }) }
}
