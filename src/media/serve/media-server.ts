import type { MediaServer } from '../../ports/media/media-server.ts'
import type { MediaStore } from '../../ports/media/media-store.ts'
import { checkMediaLink, LINK_LIFETIME_MS, mediaLink, thumbnailQuery } from './links.ts'
import { answerMedia } from './serve-media.ts'
import type { ThumbnailCache } from './thumbnail-cache.ts'

export interface MediaServerParts {
  files: MediaStore
  /** What messages say about a file. */
  describe(id: string): Promise<{ mimetype: string; filename: string | null } | null>
  key: Uint8Array
  /** Where others reach this service, without a slash at its end. */
  base(): string
  /** The time of day: links outlive processes. */
  wall(): number
  thumbnails: ThumbnailCache
}

/** The media store as HTTP sees it: links that work without an API key, and answers to whoever follows them. */
export function createMediaServer(parts: MediaServerParts): MediaServer {
  const { files, describe, key, base, wall, thumbnails } = parts

  async function has(id: string): Promise<boolean> {
    const opened = await files.open(id)
    opened?.stream.destroy()
    return opened !== null
  }

  return {
    has,

    linkTo: id => mediaLink(base(), id, wall() + LINK_LIFETIME_MS, key),

    checkLink: link => checkMediaLink(link, wall(), key),

    async thumbnailQuery(id, mimetype) {
      return (await thumbnails.isMadeOf(mimetype)) ? thumbnailQuery(id, wall(), key) : null
    },

    // What is erased is not shown any more, whatever is remembered of it.
    thumbnail: async id => ((await has(id)) ? thumbnails.read(id) : null),

    async serve(id, { bodyWanted, ...conditions }) {
      const opened = await files.open(id)
      if (opened === null) return null
      const described = await describe(id).catch(error => {
        opened.stream.destroy()
        throw error
      })
      const { mimetype = null, filename = null } = described ?? {}
      const { status, headers, body } = answerMedia({ id, size: opened.size, mimetype, filename }, conditions)
      if (body === 'whole' && bodyWanted) return { status, headers, stream: opened.stream }
      opened.stream.destroy()
      if (body === null || body === 'whole' || !bodyWanted) return { status, headers, stream: null }
      const part = await files.open(id, body)
      return part && { status, headers, stream: part.stream }
    },
  }
}
