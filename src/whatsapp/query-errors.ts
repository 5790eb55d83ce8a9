/** The code with which WhatsApp refused a query, which Baileys keeps as the data of a Boom; NaN when the connection is at fault. */
export function refusalCodeOf(error: unknown): number {
  return error instanceof Error && 'data' in error ? Number(error.data) : Number.NaN
}

/** Whether asking again would be refused again. */
export const isFinalRefusal = (code: number): boolean =>
  code >= 400 && code < 500 && code !== 408 && code !== 429
