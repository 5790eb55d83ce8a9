import type { Clock } from '../base/clock.ts'
import type { MediaServer } from '../ports/media/media-server.ts'
import type { MediaStore } from '../ports/media/media-store.ts'
import { essenceOf } from './content-type.ts'
import { createFfmpeg, type Ffmpeg } from './convert/ffmpeg.ts'
import { createThumbnails, type ThumbnailShape } from './convert/thumbnails.ts'
import { headOf, mimetypeOf } from './mimetype.ts'
import { createMediaServer, type MediaServerParts } from './serve/media-server.ts'
import { createThumbnailCache, type ThumbnailMaker } from './serve/thumbnail-cache.ts'

/** In a chat a picture is at most 256 CSS pixels long and wide; screens have up to two for each. */
const SHAPE: ThumbnailShape = { side: 512, format: 'webp', quality: 70 }

const PICTURES = ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif']
const VIDEOS = ['video/mp4', 'video/3gpp', 'video/quicktime']

/** Stored files for those outside, with thumbnails drawn when somebody looks: by sharp, those of videos by ffmpeg where it is installed. */
export function serveMedia({
  clock,
  ...parts
}: { clock: Clock } & Omit<MediaServerParts, 'thumbnails'>): MediaServer {
  const maker = createMaker(parts.files, createFfmpeg({ clock, atOnce: 1 }))
  return createMediaServer({ ...parts, thumbnails: createThumbnailCache(maker, clock) })
}

function createMaker(files: MediaStore, ffmpeg: Ffmpeg): ThumbnailMaker {
  const { ofImage, ofVideo } = createThumbnails(ffmpeg, SHAPE)
  return {
    async isMadeOf(mimetype) {
      const type = essenceOf(mimetype) ?? ''
      return PICTURES.includes(type) || (VIDEOS.includes(type) && (await ffmpeg.isInstalled()))
    },

    // By what the file is: what its sender said of it may be wrong.
    make: id =>
      files.withFile(id, async path => {
        const type = await mimetypeOf(await headOf(path), null)
        const drawn = PICTURES.includes(type)
          ? await ofImage(path)
          : VIDEOS.includes(type)
            ? await ofVideo(path)
            : null
        return drawn?.bytes ?? null
      }),
  }
}
