import type { HttpResult } from '../exchange.ts'

/** How a check asks: an answer, and what it took in ms. */
export type Ask = (
  method: 'GET' | 'OPTIONS',
  path: string,
  headers: Record<string, string>,
) => Promise<{ result: HttpResult; ms: number }>
