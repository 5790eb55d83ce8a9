/** What `navigator.credentials.get` gives on WhatsApp's page, as JSON: bytes in unpadded base64url. */
export interface PasskeyAssertion {
  id: string
  rawId: string
  type: string
  response: {
    clientDataJSON: string
    authenticatorData: string
    signature: string
    userHandle: string | null
  }
}

/** What WhatsApp wants an assertion for: the argument `publicKey` of `navigator.credentials.get`, unchanged, bytes in base64url. */
export interface PasskeyOptions {
  challenge: string
  [field: string]: unknown
}
