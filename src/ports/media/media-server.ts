import type { Readable } from 'node:stream'

/** Stored files for those outside: signed links to them, and the answers to whoever follows one. */
export interface MediaServer {
  /** A URL under which the file can be had for 24 h without an API key. */
  linkTo(id: string): string
  /** Checks a link as it was presented, in constant time. */
  checkLink(link: PresentedLink): 'valid' | 'expired' | 'forged'
  /** Whether the file is in the media store. */
  has(id: string): Promise<boolean>
  /** Answers by the headers of a request; null if there is no such file. */
  serve(id: string, request: MediaRequest): Promise<ServedMedia | null>
  /**
   * The query of a signed link to the thumbnail of a file of this type, which works for a day or two and is the same for a day; null: none
   * is made of such a type here.
   */
  thumbnailQuery(id: string, mimetype: string): Promise<string | null>
  /** A WebP within 512 by 512 pixels, drawn here from what is in the file; null if there is no such file, or nothing to draw. */
  thumbnail(id: string): Promise<Uint8Array<ArrayBuffer> | null>
}

/** The part of a request that a link is checked by, as it came. */
export interface PresentedLink {
  /** What the link is to: one to the thumbnail of a file does not open the file. */
  of: 'file' | 'thumbnail'
  id: string
  expires: string | undefined
  signature: string | undefined
}

/** Headers of a request for a file, as they came. */
export interface MediaRequest {
  range: string | undefined
  ifRange: string | undefined
  ifNoneMatch: string | undefined
  /** False for HEAD. */
  bodyWanted: boolean
}

/** What is answered to a request for a file; the stream must be read to its end or destroyed. */
export interface ServedMedia {
  status: 200 | 206 | 304 | 416
  headers: Record<string, string>
  stream: Readable | null
}
