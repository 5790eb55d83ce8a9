/**
 * Gives memory back at once of which nobody else has a part; the bytes are gone. Garbage outside of V8's heap waits for a collection
 * of the heap, which a large file, read in pieces, seldom causes: the process would grow by most of its size.
 */
export function releaseBuffer({ buffer, byteLength }: Uint8Array): void {
  if (byteLength === buffer.byteLength && buffer instanceof ArrayBuffer) buffer.transfer(0)
}
