const FAILURES: Record<string, string> = {
  ENOTFOUND: 'does not exist (ENOTFOUND)',
  EAI_AGAIN: 'cannot be looked up at the moment (EAI_AGAIN)',
  ECONNREFUSED: 'refused the connection (ECONNREFUSED)',
  ECONNRESET: 'broke off the connection (ECONNRESET)',
  UND_ERR_SOCKET: 'broke off the connection',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'sent less or more than it had announced',
}

/** What OpenSSL and node say of certificates; time alone mends none of it. */
const CERTIFICATE = /^(?:CERT_|ERR_TLS_CERT|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/

/** Names the failure of a connection; never the error's own text, which may hold an address. */
export function connectionFailureOf(error: unknown): { what: string; retryable: boolean } {
  const found = (error as { code?: unknown } | null)?.code
  const code = typeof found === 'string' ? found : 'network error'
  if (CERTIFICATE.test(code))
    return { what: `has no certificate that can be trusted (${code})`, retryable: false }
  return { what: FAILURES[code] ?? `could not be read (${code})`, retryable: true }
}
