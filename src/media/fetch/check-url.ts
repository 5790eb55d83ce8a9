import { GatewayError } from '../../base/errors.ts'

/** A URL that may be fetched, as far as can be said without resolving its host. Throws MEDIA_URL_FORBIDDEN. */
export function checkUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href)
  if (url === null) throw forbidden('mediaUrl is not a URL')
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw forbidden('mediaUrl must begin with http:// or https://')
  if (url.username !== '' || url.password !== '')
    throw forbidden('mediaUrl must not contain a user name or password')
  if (url.port !== '' && url.port !== '80' && url.port !== '443' && Number(url.port) < 1024)
    throw forbidden(`mediaUrl names port ${url.port}: only 80, 443 and those from 1024 up are allowed`)
  url.hash = ''
  return url
}

export function forbidden(message: string): GatewayError {
  return new GatewayError('MEDIA_URL_FORBIDDEN', message)
}
