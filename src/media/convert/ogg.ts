/** RFC 7845: Opus in Ogg counts samples at 48 kHz, whatever the input was. */
const RATE = 48_000

const HEADER_BYTES = 27
const BEGINS_STREAM = 0x02

interface Page {
  flags: number
  /** Samples up to the end of this page; -1 if no packet ends in it. */
  granule: bigint
  serial: number
  body: Buffer
}

/**
 * How long an Ogg Opus file plays, in seconds, by the granule positions of its pages (RFC 3533, RFC 7845); null if it is none.
 * A file of several streams in a row plays one after the other. Holds one page (64 KiB) at a time.
 */
export async function opusSeconds(source: AsyncIterable<Uint8Array>): Promise<number | null> {
  let samples: bigint | null = null
  let stream: { serial: number; preSkip: number; end: bigint } | null = null
  const finish = () => {
    if (stream !== null) samples = (samples ?? 0n) + max(0n, stream.end - BigInt(stream.preSkip))
    stream = null
  }
  for await (const page of pagesOf(source)) {
    if (
      page.flags & BEGINS_STREAM &&
      page.body.toString('latin1', 0, 8) === 'OpusHead' &&
      page.body.length >= 19
    ) {
      finish()
      stream = { serial: page.serial, preSkip: page.body.readUInt16LE(10), end: 0n }
    } else if (stream?.serial === page.serial) stream.end = max(stream.end, page.granule)
  }
  finish()
  return samples === null ? null : Number(samples) / RATE
}

async function* pagesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Page> {
  let rest = Buffer.alloc(0)
  for await (const chunk of source) {
    rest = Buffer.concat([rest, chunk])
    for (let size = pageSize(rest); size !== null; size = pageSize(rest)) {
      const segments = rest[26]!
      yield {
        flags: rest[5]!,
        granule: rest.readBigInt64LE(6),
        serial: rest.readUInt32LE(14),
        body: rest.subarray(HEADER_BYTES + segments, size),
      }
      rest = rest.subarray(size)
    }
    if (rest.length >= 4 && rest.toString('latin1', 0, 4) !== 'OggS') return
  }
}

/** Bytes of the page that begins here, or null if it has not come whole, or is none. */
function pageSize(bytes: Buffer): number | null {
  if (bytes.length < HEADER_BYTES || bytes.toString('latin1', 0, 4) !== 'OggS') return null
  const bodyAt = HEADER_BYTES + bytes[26]!
  if (bytes.length < bodyAt) return null
  let size = bodyAt
  for (const length of bytes.subarray(HEADER_BYTES, bodyAt)) size += length
  return bytes.length < size ? null : size
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
