import type { MediaServer } from '../ports/media/media-server.ts'
import type { DashboardContext } from './env.ts'

/** Its address is another one the next day. */
const FRESH_SECONDS = 86_400

/** The thumbnail of a file. Whoever came this far has a login, or its signed link. */
export async function thumbnailAnswer(
  c: DashboardContext,
  files: Pick<MediaServer, 'thumbnail'>,
): Promise<Response> {
  const id = c.req.param('id') ?? ''
  const etag = `"${id}.thumbnail"`
  c.header('Cache-Control', `private, max-age=${FRESH_SECONDS}, immutable`)
  c.header('ETag', etag)
  if (c.req.header('if-none-match') === etag) return c.body(null, 304)
  const thumbnail = await files.thumbnail(id)
  if (thumbnail !== null) return c.body(thumbnail, 200, { 'Content-Type': 'image/webp' })
  c.header('Cache-Control', 'no-store')
  c.header('ETag', undefined)
  return c.notFound() as never
}
