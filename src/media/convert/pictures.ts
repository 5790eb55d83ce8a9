import { unsupported } from '../refusals.ts'
import { type Ffmpeg, fileInput } from './ffmpeg.ts'
import { loadSharp, MAX_PIXELS, MAX_SECONDS } from './picture-limits.ts'

export interface Pictures {
  /** A GIF, AVIF, HEIC or TIFF as a JPEG, of a moving one its first picture. Rejects with MEDIA_TYPE_UNSUPPORTED. */
  toJpeg(path: string, mimetype: string): Promise<Uint8Array>
  /** A picture as a WebP of 512 by 512 pixels that moves if it moved, of at most so many bytes. Rejects with MEDIA_TYPE_UNSUPPORTED. */
  toSticker(path: string, mimetype: string, limits: { still: number; moving: number }): Promise<Uint8Array>
}

/** What becomes a picture that WhatsApp shows. */
export const PICTURES: ReadonlySet<string> = new Set([
  'image/jpeg',
  'image/png',
  'image/gif',
  'image/avif',
  'image/heic',
  'image/heif',
  'image/heic-sequence',
  'image/heif-sequence',
])

const QUALITY = 90
/** WhatsApp's stickers are squares of this side. */
const STICKER_SIDE = 512
const STICKER_QUALITIES = [80, 60, 40, 20]

/** Pictures in the formats that WhatsApp takes: by libvips, HEIC by an ffmpeg that can read it whole. */
export function createPictures(ffmpeg: Ffmpeg): Pictures {
  type Sharp = Awaited<ReturnType<typeof loadSharp>>
  const open = (sharp: Sharp, input: string | Uint8Array, animated = false) =>
    sharp(input, { limitInputPixels: MAX_PIXELS, failOn: 'error', animated }).timeout({
      seconds: MAX_SECONDS,
    })

  const jpegOf = async (input: string | Uint8Array) =>
    open(await loadSharp(), input)
      .autoOrient()
      .flatten({ background: 'white' })
      .jpeg({ quality: QUALITY })
      .toBuffer()

  /** ffmpeg before 7.1 takes one tile of such a picture for the whole: the size tells. */
  async function heicFrame(path: string): Promise<Uint8Array | null> {
    if (!(await ffmpeg.isInstalled())) return null
    const input = fileInput(path, 'mov')
    const frame: Uint8Array[] = []
    try {
      const sharp = await loadSharp()
      const { width, height } = await sharp(path).metadata()
      if (width * height > MAX_PIXELS) return null
      for await (const chunk of ffmpeg.run([
        ...input,
        '-frames:v',
        '1',
        '-c:v',
        'png',
        '-f',
        'image2pipe',
        'pipe:1',
      ]))
        frame.push(chunk)
      const png = Buffer.concat(frame)
      const found = await sharp(png).metadata()
      const same = [found.width, found.height].sort().join() === [width, height].sort().join()
      return same ? png : null
    } catch {
      return null
    }
  }

  const isHeic = (mimetype: string) => mimetype.startsWith('image/hei')

  /** What libvips can read of it. */
  async function readable(path: string, mimetype: string): Promise<string | Uint8Array> {
    if (!isHeic(mimetype)) return path
    const decoded = await open(await loadSharp(), path)
      .raw()
      .toBuffer()
      .then(
        () => true,
        () => false,
      )
    const frame = decoded ? path : await heicFrame(path)
    if (frame === null)
      throw unsupported(
        'HEIC pictures cannot be converted here: ffmpeg 7.1 or later would do it, or send JPEG (on an iPhone: Settings, Camera, Formats, Most Compatible)',
      )
    return frame
  }

  return {
    async toJpeg(path, mimetype) {
      const input = await readable(path, mimetype)
      return jpegOf(input).catch(error => {
        throw broken(error)
      })
    },

    async toSticker(path, mimetype, limits) {
      const input = await readable(path, mimetype)
      try {
        const sharp = await loadSharp()
        const moves = ((await sharp(input).metadata()).pages ?? 1) > 1
        const shaped = open(sharp, input, moves)
          .autoOrient()
          .resize(STICKER_SIDE, STICKER_SIDE, { fit: 'contain', background: { r: 0, g: 0, b: 0, alpha: 0 } })
        for (const quality of STICKER_QUALITIES) {
          const webp = await shaped.clone().webp({ quality }).toBuffer()
          if (webp.length <= (moves ? limits.moving : limits.still)) return webp
        }
      } catch (error) {
        throw broken(error)
      }
      throw unsupported('The picture has too much in it for a sticker: send a smaller or shorter one')
    },
  }
}

const broken = (cause: unknown) => unsupported('The picture is broken, or too large to be converted', cause)
