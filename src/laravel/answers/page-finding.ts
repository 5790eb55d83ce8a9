import type { HttpResult } from '../exchange.ts'
import { type Finding, finding } from './finding.ts'
import { isPage } from './not-found.ts'

/**
 * What is wrong with a 2xx that is a web page, null for any other: it counts as taken, but whoever shows a page, such as a login or a host
 * in maintenance, has kept nothing.
 */
export function pageFinding(result: HttpResult): Finding | null {
  if (result.status === null || result.status < 200 || result.status >= 300 || !isPage(result)) return null
  const found = finding('not_json', result.status)
  return { ...found, what: `${found.what} with a web page`, lasts: true }
}
