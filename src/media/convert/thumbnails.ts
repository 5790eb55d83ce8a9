import { type Ffmpeg, fileInput } from './ffmpeg.ts'
import { loadSharp, MAX_PIXELS, MAX_SECONDS } from './picture-limits.ts'

/** A small picture of a file, without its metadata; width and height are those of the original as it is seen. */
export interface Thumbnail {
  bytes: Uint8Array<ArrayBuffer>
  width: number
  height: number
}

/** No side of it is longer than `side` pixels; a WebP keeps what is transparent, a JPEG has white there. */
export interface ThumbnailShape {
  side: number
  format: 'jpeg' | 'webp'
  quality: number
}

export interface Thumbnails {
  /** Of a JPEG, PNG, WebP, GIF or AVIF file, of a moving one its first picture. null if it cannot be read: a message goes without one, too. */
  ofImage(path: string): Promise<Thumbnail | null>
  /** Of an MP4 or 3GP file, its first picture; null without ffmpeg as well. Rejects with a signal's reason only. */
  ofVideo(path: string, signal?: AbortSignal): Promise<Thumbnail | null>
}

/** As telephones make them, to show until the file is there. */
const TELEPHONE: ThumbnailShape = { side: 72, format: 'jpeg', quality: 50 }
/** These are decoded line by line; others, and what is progressive or interlaced, whole, at 4 bytes a pixel. */
const BY_LINES = ['jpeg', 'png']
const MAX_WHOLE_PIXELS = 16_000_000
/** One picture of a video in its own size, as JPEG. */
const MAX_FRAME_BYTES = 8 * 1024 * 1024

/** Thumbnails, as telephones make them if nothing else is said. */
export function createThumbnails(
  ffmpeg: Ffmpeg,
  { side, format, quality }: ThumbnailShape = TELEPHONE,
): Thumbnails {
  let last: Promise<unknown> = Promise.resolve()

  async function shrink(input: string | Uint8Array): Promise<Thumbnail | null> {
    const sharp = await loadSharp()
    const image = sharp(input, { limitInputPixels: MAX_PIXELS, failOn: 'error', sequentialRead: true })
    try {
      const { autoOrient, isProgressive, format: found } = await image.metadata()
      const { width, height } = autoOrient
      if ((isProgressive || !BY_LINES.includes(found)) && width * height > MAX_WHOLE_PIXELS) return null
      const small = image
        .timeout({ seconds: MAX_SECONDS })
        .autoOrient()
        .resize(side, side, { fit: 'inside', withoutEnlargement: true })
      const drawn =
        format === 'webp' ? small.webp({ quality }) : small.flatten({ background: 'white' }).jpeg({ quality })
      return { bytes: new Uint8Array(await drawn.toBuffer()), width, height }
    } catch {
      return null
    }
  }

  /** One at a time: what an image takes in memory is taken once. */
  function enqueue(input: string | Uint8Array): Promise<Thumbnail | null> {
    const taken = last.then(() => shrink(input))
    last = taken
    return taken
  }

  return {
    ofImage: enqueue,

    async ofVideo(path, signal) {
      if (!(await ffmpeg.isInstalled())) return null
      const input = ['-max_pixels', String(MAX_PIXELS), ...fileInput(path, 'mov'), '-map', '0:v:0']
      const output = ['-frames:v', '1', '-c:v', 'mjpeg', '-f', 'image2pipe', 'pipe:1']
      const frame: Uint8Array[] = []
      let size = 0
      try {
        for await (const chunk of ffmpeg.run([...input, ...output], signal, MAX_SECONDS * 1_000)) {
          size += chunk.byteLength
          if (size > MAX_FRAME_BYTES) return null
          frame.push(chunk)
        }
      } catch {
        signal?.throwIfAborted()
        return null
      }
      return size === 0 ? null : enqueue(Buffer.concat(frame))
    },
  }
}
