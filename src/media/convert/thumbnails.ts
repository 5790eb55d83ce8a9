import { type Ffmpeg, fileInput } from './ffmpeg.ts'
import { loadSharp, MAX_PIXELS, MAX_SECONDS } from './picture-limits.ts'

/** A picture to show until the file is there: `jpeg` inside 72 by 72 pixels; width and height are those of the original as it is seen. */
export interface Thumbnail {
  jpeg: Uint8Array
  width: number
  height: number
}

export interface Thumbnails {
  /** Of a JPEG, PNG or WebP file, of a moving one its first picture. null if it cannot be read: a message goes without one, too. */
  ofImage(path: string): Promise<Thumbnail | null>
  /** Of an MP4 or 3GP file, its first picture; null without ffmpeg as well. Rejects with a signal's reason only. */
  ofVideo(path: string, signal?: AbortSignal): Promise<Thumbnail | null>
}

const SIDE = 72
const QUALITY = 50
/** Progressive and interlaced images are decoded whole, at 4 bytes a pixel. */
const MAX_WHOLE_PIXELS = 16_000_000
/** One picture of a video in its own size, as JPEG. */
const MAX_FRAME_BYTES = 8 * 1024 * 1024

/** Thumbnails as telephones make them. */
export function createThumbnails(ffmpeg: Ffmpeg): Thumbnails {
  let last: Promise<unknown> = Promise.resolve()

  async function shrink(input: string | Uint8Array): Promise<Thumbnail | null> {
    const sharp = await loadSharp()
    const image = sharp(input, { limitInputPixels: MAX_PIXELS, failOn: 'error', sequentialRead: true })
    try {
      const { autoOrient, isProgressive } = await image.metadata()
      if (isProgressive && autoOrient.width * autoOrient.height > MAX_WHOLE_PIXELS) return null
      const jpeg = await image
        .timeout({ seconds: MAX_SECONDS })
        .autoOrient()
        .resize(SIDE, SIDE, { fit: 'inside', withoutEnlargement: true })
        .flatten({ background: 'white' })
        .jpeg({ quality: QUALITY })
        .toBuffer()
      return { jpeg, width: autoOrient.width, height: autoOrient.height }
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
      const input = [...fileInput(path, 'mov'), '-map', '0:v:0']
      const output = ['-frames:v', '1', '-c:v', 'mjpeg', '-f', 'image2pipe', 'pipe:1']
      const frame: Uint8Array[] = []
      let size = 0
      try {
        for await (const chunk of ffmpeg.run([...input, ...output], signal)) {
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
