/** An error's kind without its data: messages may hold what they complain about. */
export const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'Error')

/** Where it happened, without the message. */
export const framesOf = (error: unknown): string[] =>
  error instanceof Error
    ? (error.stack ?? '')
        .split('\n')
        .filter(line => /^\s+at /.test(line))
        .slice(0, 8)
    : []

/** Both, for a line of the log. */
export const faultFields = (error: unknown) => ({ error: nameOf(error), stack: framesOf(error) })
