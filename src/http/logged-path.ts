import type { HttpContext } from './context.ts'

/** The path of a request as logs may have it: the token of a passkey's page is a secret, whatever comes after it. */
export function loggedPath({ req }: HttpContext): string {
  return req.path.replace(/^\/passkey\/.*$/s, '/passkey/{token}')
}
