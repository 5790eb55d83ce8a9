import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { Hono } from 'hono'
import { GatewayError } from '../../base/errors.ts'
import type { MediaServer } from '../../ports/media/media-server.ts'
import type { HttpContext, HttpEnv } from '../context.ts'
import { streamFile } from '../stream-file.ts'

const PATH = /^\/(?<where>media|dashboard\/thumbnails)\/(?<id>[0-9a-f]{64})$/

/** Files of messages, for callers with a key and for bearers of a signed link. Always a download, never a page of this origin. */
export function mediaRoutes(media: Pick<MediaServer, 'serve'>): Hono<HttpEnv> {
  return new Hono<HttpEnv>().get('/media/:id', async c => {
    const served = await media.serve(c.req.param('id'), {
      range: c.req.header('range'),
      ifRange: c.req.header('if-range'),
      ifNoneMatch: c.req.header('if-none-match'),
      bodyWanted: c.req.method !== 'HEAD',
    })
    if (served === null)
      throw new GatewayError('NOT_FOUND', 'No file has that id: it is not here yet, or not kept any more.')
    const { status, headers, stream } = served
    if (stream === null) return c.body(null, status, headers)
    const outgoing = c.env?.outgoing
    if (outgoing === undefined)
      return c.body(Readable.toWeb(stream) as ReadableStream, status as 200 | 206, headers)
    const { headers: all } = c.body(null, status, headers)
    await streamFile(stream, (outgoing as ServerResponse).writeHead(status, [...all].flat()))
    return new Response(null, { status, headers: RESPONSE_ALREADY_SENT.headers })
  })
}

/**
 * Whether a request for a file, or for its thumbnail on the page, needs no key because its link is signed. Throws UNAUTHENTICATED for a link
 * to a file that was true once, so that its bearer learns why it does not work; the page has a login.
 */
export function hasValidLink(media: Pick<MediaServer, 'checkLink'>): (c: HttpContext) => boolean {
  return c => {
    const { where, id } = PATH.exec(c.req.path)?.groups ?? {}
    const signature = c.req.query('signature')
    if (id === undefined || signature === undefined) return false
    const of = where === 'media' ? 'file' : 'thumbnail'
    const verdict = media.checkLink({ of, id, expires: c.req.query('expires'), signature })
    if (verdict === 'expired' && of === 'file')
      throw new GatewayError(
        'UNAUTHENTICATED',
        'This link has expired: have the message delivered again, or present an API key.',
      )
    return verdict === 'valid'
  }
}
