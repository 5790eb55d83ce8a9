import { GatewayError } from '../base/errors.ts'

/** LARAVEL_URL taken apart. */
export interface Address {
  /** Without user, password, query and trailing slash: fit for logs. */
  base: string
  /** The two parts of `base`: a request names them apart. */
  origin: string
  path: string
  /** `Authorization: Basic` if the URL held a user: fetch refuses such URLs. */
  basic: string | null
}

/** Parses LARAVEL_URL (`http://app.test/api`, with or without a trailing slash). Throws BAD_CONFIG without repeating the value. */
export function parseAddress(url: string): Address {
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    throw new GatewayError(
      'BAD_CONFIG',
      'LARAVEL_URL must be an http or https URL such as http://app.test/api',
    )
  const user = `${decodeURIComponent(parsed.username)}:${decodeURIComponent(parsed.password)}`
  const { origin } = parsed
  const path = parsed.pathname.replace(/\/+$/, '')
  return {
    base: `${origin}${path}`,
    origin,
    path,
    basic: user === ':' ? null : `Basic ${Buffer.from(user).toString('base64')}`,
  }
}
