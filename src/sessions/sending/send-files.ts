import { GatewayError } from '../../base/errors.ts'
import type { MediaContent, SendContent } from '../../messages/send.ts'
import type { MediaPreparer } from '../../ports/media-preparer.ts'
import type { SessionActor } from '../host/session-actor.ts'
import type { Send } from './send.ts'
import type { SendEndings } from './send-endings.ts'

/** Files on their way into the media store, for the sends of one session: one fetch for each, however many ask. */
export class SendFiles {
  readonly #actor: SessionActor
  readonly #media: Pick<MediaPreparer, 'prepare'>
  readonly #endings: SendEndings
  readonly #inProgress = new Map<string, Promise<SendContent | null>>()

  constructor(actor: SessionActor, media: Pick<MediaPreparer, 'prepare'>, endings: SendEndings) {
    this.#actor = actor
    this.#media = media
    this.#endings = endings
  }

  /** The content with its file in the media store, as the send itself from then on; null once the send was given up for it. */
  prepare(send: Send): Promise<SendContent | null> {
    const { content, messageId } = send
    if (!needsFile(content)) return Promise.resolve(content)
    const inProgress = this.#inProgress.get(messageId)
    if (inProgress !== undefined) return inProgress
    const work = this.#fetch(send, content).finally(() => this.#inProgress.delete(messageId))
    this.#inProgress.set(messageId, work)
    return work
  }

  async #fetch(send: Send, content: MediaContent): Promise<SendContent | null> {
    let prepared: SendContent | null = null
    await this.#actor.guard(async () => {
      try {
        const ready = { ...content, media: await this.#media.prepare(content) }
        await this.#actor.change({ messages: [{ prepared: { messageId: send.messageId, content: ready } }] })
        prepared = ready
        send.content = ready
      } catch (error) {
        if (!(error instanceof GatewayError) || !error.code.startsWith('MEDIA_')) throw error
        await this.#endings.giveUp(send, error.code, error.message)
      }
    })
    return prepared
  }
}

const needsFile = (content: SendContent): content is MediaContent =>
  'media' in content && !content.media.ready
