import { createCipheriv, createHash } from 'node:crypto'
import sharp from 'sharp'

/** A made-up file; its name and size decide every byte, in every process. */
export interface SampleFile {
  kind: 'image' | 'video'
  name: string
  /** Bytes; at least those of the head that makes the file what it is. */
  size: number
}

export interface SampleFiles {
  /** Throws RangeError for a size without room. */
  bytes(sample: SampleFile): Iterable<Buffer>
  /** Hexadecimal. */
  sha256(sample: SampleFile): string
}

/** What telephones send over WhatsApp, in pixels; noise of this quality fills most of 1 MB. */
const PHOTO = { width: 1600, height: 1200, quality: 50 }
const CHUNK = 64 * 1024

/** ISO/IEC 14496-12: a file type box, and a box of media data without end. */
const VIDEO = Buffer.from('\0\0\0\x18ftypisom\0\0\x02\0isommp41\0\0\0\0mdat', 'latin1')

/** Photos that any decoder reads and videos that look like MP4, each followed by bytes of its own. */
export async function loadSamples(): Promise<SampleFiles> {
  const heads = { image: await photo(), video: VIDEO }

  function* bytes({ kind, name, size }: SampleFile): Generator<Buffer> {
    const head = heads[kind]
    if (size < head.length) throw new RangeError(`no ${kind} has only ${size} bytes`)
    yield head
    const random = keystream(name)
    for (let left = size - head.length; left > 0; left -= CHUNK) yield random(Math.min(CHUNK, left))
  }

  return {
    bytes,
    sha256(sample) {
      const hash = createHash('sha256')
      for (const chunk of bytes(sample)) hash.update(chunk)
      return hash.digest('hex')
    },
  }
}

async function photo(): Promise<Buffer> {
  const { width, height, quality } = PHOTO
  const pixels = keystream('photo')(width * height)
  return sharp(pixels, { raw: { width, height, channels: 1 } })
    .toColourspace('srgb')
    .jpeg({ quality })
    .toBuffer()
}

/** Bytes that look random, the same for each name; each call goes on where the last ended. */
function keystream(name: string): (size: number) => Buffer {
  const key = createHash('sha256').update(name).digest()
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
  return size => cipher.update(Buffer.alloc(size))
}
