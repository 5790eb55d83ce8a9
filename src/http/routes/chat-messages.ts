import { Hono } from 'hono'
import type { z } from 'zod'
import { completeMessage, type ReceivedMedia } from '../../messages/received.ts'
import type { MediaServer } from '../../ports/media/media-server.ts'
import type { SessionQueries } from '../../ports/session-queries.ts'
import type { HttpEnv } from '../context.ts'
import type { chatAnswer } from '../schemas/answers.ts'
import { chatPath, chatQuery } from '../schemas/requests.ts'
import { pathSession, validate, validateQuery } from '../validation.ts'

/** What the store has of a chat. */
export function chatMessageRoutes(
  queries: Pick<SessionQueries, 'chat'>,
  files: Pick<MediaServer, 'linkTo' | 'has'>,
): Hono<HttpEnv> {
  const linked = async (media: ReceivedMedia | null) => {
    if (media === null) return null
    const error = (await files.has(media.id))
      ? null
      : 'The file is not here: not downloaded yet, or not kept any more.'
    const { ptt = null } = media
    return { ...media, ptt, url: files.linkTo(media.id), error }
  }
  return new Hono<HttpEnv>().get('/sessions/:id/chats/:chat_id/messages', async c => {
    const sessionId = pathSession(c)
    const { chat_id } = validate(chatPath, { chat_id: c.req.param('chat_id') })
    const { before = null, limit } = validateQuery(c, chatQuery)
    const { chatId, owner, messages, next } = await queries.chat(sessionId, chat_id, before, limit)
    const answer: z.infer<typeof chatAnswer> = {
      success: true,
      session_id: sessionId,
      chat_id: chatId,
      messages: await Promise.all(
        messages.map(async ({ seq, status, message, own }) => ({
          ...completeMessage(message),
          session_id: sessionId,
          user_id: owner.userId,
          seq,
          media: await linked(message.media),
          client_ref: own?.client_ref ?? null,
          metadata: own === null ? owner.metadata : (own.metadata ?? null),
          status,
        })),
      ),
      next,
    }
    return c.json(answer)
  })
}
