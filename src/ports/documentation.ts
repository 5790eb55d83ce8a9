/** A text that is made once and sent as it is. */
export interface Packed {
  plain: Uint8Array<ArrayBuffer>
  gzipped: Uint8Array<ArrayBuffer>
}

/** What is told of the API: an OpenAPI document, and the same as a page. */
export interface Documentation {
  /** OpenAPI 3.1, as JSON. */
  json: Packed
  page: Packed
  /** The Content-Security-Policy under which the page is shown. */
  policy: string
}
