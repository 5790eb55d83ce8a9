import { type HttpAnswer, parseJson } from '../exchange.ts'

/** What a 404 is about: an address that Laravel does not have, a session that it does not know, or it does not say. */
export type Missing = 'route' | 'session' | 'unclear'

/**
 * Reads a 404 of Laravel, which answers in JSON to whoever accepts that. Newer routers say `The route x could not be found.`; of
 * Laravel 8 both the router and `abort(404)` say `{"message": ""}`, unless APP_DEBUG names the file that threw.
 * A web page is some web server's own: Laravel shows none to who asks for JSON.
 */
export function missingOf(result: HttpAnswer): Missing {
  if (isPage(result)) return 'route'
  const json = parseJson(result.body)
  if (typeof json !== 'object' || json === null) return 'session'
  const { message, exception, file } = json as Record<string, unknown>
  if (typeof message !== 'string') return 'session'
  if (/^The route \S* ?could not be found\.$/.test(message)) return 'route'
  if (typeof exception === 'string' && typeof file === 'string')
    return /Routing[\\/](?:Abstract)?RouteCollection\.php$/.test(file) ? 'route' : 'session'
  return message === '' && Object.keys(json).length === 1 ? 'unclear' : 'session'
}

/** Whether a handler says with its 404 that it has no such row, such as `No query results for model`. */
export function knowsNoRow(result: HttpAnswer): boolean {
  const json = result.status === 404 ? parseJson(result.body) : null
  return typeof json === 'object' && json !== null && missingOf(result) === 'session'
}

/** Whether it is a web page. */
export function isPage({ body }: HttpAnswer): boolean {
  return /^\s*<(?:!doctype|html)\b/i.test(body)
}
