import { execFileSync } from 'node:child_process'

/** Whether the tests that need the real program can run. */
export const hasFfmpeg = (() => {
  try {
    execFileSync('ffmpeg', ['-version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

export interface OggPage {
  granule: bigint
  flags?: number
  serial?: number
  body?: Uint8Array
}

/** One page of an Ogg file (RFC 3533), without its checksum. */
export function oggPage({ granule, flags = 0, serial = 1, body = new Uint8Array() }: OggPage): Buffer {
  const lengths = [...Array(Math.floor(body.length / 255)).fill(255), body.length % 255]
  const header = Buffer.alloc(27)
  header.write('OggS', 'latin1')
  header[5] = flags
  header.writeBigInt64LE(granule, 6)
  header.writeUInt32LE(serial, 14)
  header[26] = lengths.length
  return Buffer.concat([header, Buffer.from(lengths), body])
}

/** The first page of an Opus stream (RFC 7845). */
export function opusHead(preSkip: number, serial = 1): Buffer {
  const body = Buffer.from('OpusHead\x01\x01\0\0\x80\xbb\0\0\0\0\0', 'latin1')
  body.writeUInt16LE(preSkip, 10)
  return oggPage({ granule: 0n, flags: 2, serial, body })
}
