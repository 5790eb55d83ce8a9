import { GatewayError } from '../../base/errors.ts'
import type { MediaContent, SendContent } from '../../messages/send.ts'
import type { MediaPreparer } from '../../ports/media/media-preparer.ts'
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

  /** Files that are fetched now. */
  get size(): number {
    return this.#inProgress.size
  }

  /** Whether the send can leave as it is. */
  isReady({ content }: Send): boolean {
    return !needsFile(content)
  }

  /** Resolves once the send has its file, which is in the media store, or was given up for it. */
  async prepare(send: Send): Promise<void> {
    const { content, messageId } = send
    if (!needsFile(content)) return
    let work = this.#inProgress.get(messageId)
    if (work === undefined) {
      work = this.#fetch(send, content).finally(() => this.#inProgress.delete(messageId))
      this.#inProgress.set(messageId, work)
    }
    const ready = await work
    if (ready !== null) send.content = ready
  }

  async #fetch(send: Send, content: MediaContent): Promise<SendContent | null> {
    let prepared: SendContent | null = null
    await this.#actor.guard(async () => {
      try {
        const ready = { ...content, media: await this.#media.prepare(content) }
        await this.#actor.change({ messages: [{ prepared: { messageId: send.messageId, content: ready } }] })
        prepared = ready
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
