import { randomBytes } from 'node:crypto'
import { GatewayError } from '../../src/base/errors.ts'
import type { MediaSource, MessageRef } from '../../src/messages/message-ref.ts'
import type { ReceivedContent } from '../../src/messages/received.ts'
import type { SendContent } from '../../src/messages/send.ts'
import type { ActiveAnswer, Laravel, LaravelFault, Offered } from '../../src/ports/laravel.ts'
import type { QrVault } from '../../src/ports/qr-vault.ts'
import type { Store } from '../../src/ports/store.ts'
import type {
  ChatActions,
  PasskeyAnswers,
  ReceivedMessage,
  Reread,
  SocketFact,
  SocketOwner,
  WhatsApp,
  WhatsAppSocket,
} from '../../src/ports/whatsapp.ts'

/** A promise that the test settles. */
export const deferred = <T = void>() => Promise.withResolvers<T>()

/** One socket that the test drives; it behaves as the port promises, unless told otherwise. */
export class FakeSocket implements WhatsAppSocket {
  readonly owner: SocketOwner
  readonly sent: { messageId: string; content: SendContent }[] = []
  logouts = 0
  readonly read: MessageRef[] = []
  readonly presences: { kind: string; chatId: string | null }[] = []
  endCalls = 0
  ended = false
  /** Replaces what `send` does once the bytes are written down. */
  onSend: (messageId: string) => Promise<void> = async () => {}
  onEnd: () => Promise<void> = async () => {}
  readonly #vault: QrVault
  readonly #store: Pick<Store, 'commit'>
  readonly #inFlight = new Set<(error: GatewayError) => void>()

  constructor(owner: SocketOwner, vault: QrVault, store: Pick<Store, 'commit'>) {
    this.owner = owner
    this.#vault = vault
    this.#store = store
  }

  async send(messageId: string, content: SendContent): Promise<void> {
    if (this.ended) throw this.#gone()
    const { streamId, epoch } = this.owner
    await this.#store.commit({
      streamId,
      epoch,
      keys: [{ type: 'session', id: content.to, value: Buffer.from(messageId) }],
    })
    if (this.ended) throw this.#gone()
    this.sent.push({ messageId, content })
    return new Promise((resolve, reject) => {
      this.#inFlight.add(reject)
      this.onSend(messageId)
        .finally(() => this.#inFlight.delete(reject))
        .then(resolve, reject)
    })
  }

  readonly chats: ChatActions = {
    lookup: async phone => ({ exists: true, jid: `${phone}@s.whatsapp.net`, lid: null }),
    read: async messages => void this.read.push(...messages),
    presence: async (kind, chatId) => void this.presences.push({ kind, chatId: chatId ?? null }),
    reupload: async (_message, source) => source,
  }

  readonly passkeyCalls: string[] = []
  readonly passkey: PasskeyAnswers = {
    take: ({ id }) => void this.passkeyCalls.push(`take ${id}`),
    answer: () => void this.passkeyCalls.push('answer'),
    finish: () => void this.passkeyCalls.push('finish'),
  }

  logout(): void {
    this.logouts++
  }

  async end(): Promise<void> {
    this.endCalls++
    for (const reject of this.#inFlight) reject(this.#gone())
    await this.onEnd()
    this.ended = true
  }

  /** What a real socket would tell; nothing after `end()`. */
  report(...facts: SocketFact[]): void {
    for (const fact of facts) if (this.endCalls === 0) this.owner.report(fact)
  }

  qr(hash: string, expiresAt: number, replaces?: string): void {
    if (this.endCalls > 0) return
    this.#vault.put(this.owner.sessionId, { hash, text: `secret text of ${hash}`, expiresAt })
    this.report({ type: 'socket.qr', hash, expiresAt, ...(replaces !== undefined && { replaces }) })
  }

  code(hash: string, expiresAt: number): void {
    if (this.endCalls > 0) return
    this.#vault.putCode(this.owner.sessionId, { hash, text: `secret code of ${hash}`, expiresAt })
    this.report({ type: 'socket.qr', hash, expiresAt })
  }

  #gone(): GatewayError {
    return new GatewayError('SESSION_NOT_CONNECTED', 'The connection ended', { retryable: true })
  }
}

export class FakeWhatsApp implements WhatsApp {
  readonly sockets: FakeSocket[] = []
  /** Two sockets of one session at the same time, or one of a session that is gone. */
  readonly violations: string[] = []
  unfinished: Record<string, ReceivedMessage[]> = {}
  onOpen: (socket: FakeSocket) => void = () => {}
  onRecover: () => Promise<void> = async () => {}
  /** The store is asked for the credentials of a socket that is to open. */
  onCredentials: () => Promise<void> = async () => {}
  onReread: (stored: ReceivedContent, encoded: Uint8Array) => Reread | null = () => null
  onDownload: (source: MediaSource) => Promise<Uint8Array> = async () => Buffer.from('file')
  readonly #vault: QrVault
  readonly #store: Pick<Store, 'commit'>

  constructor(vault: QrVault, store: Pick<Store, 'commit'>) {
    this.#vault = vault
    this.#store = store
  }

  async open(owner: SocketOwner, signal: AbortSignal): Promise<FakeSocket | null> {
    await this.onCredentials()
    if (signal.aborted) return null
    if (this.liveSockets(owner.sessionId).length > 0)
      this.violations.push(`two sockets of ${owner.sessionId}`)
    const socket = new FakeSocket(owner, this.#vault, this.#store)
    this.onOpen(socket)
    this.sockets.push(socket)
    return socket
  }

  async recover(streamId: string): Promise<ReceivedMessage[]> {
    await this.onRecover()
    return this.unfinished[streamId] ?? []
  }

  async reread(_streamId: string, stored: ReceivedContent, encoded: Uint8Array): Promise<Reread | null> {
    return this.onReread(stored, encoded)
  }

  async *download(source: MediaSource): AsyncIterable<Uint8Array> {
    yield await this.onDownload(source)
  }

  newMessageId(): string {
    return `3EB0${randomBytes(9).toString('hex').toUpperCase()}`
  }

  liveSockets(sessionId?: string): FakeSocket[] {
    return this.sockets.filter(
      ({ ended, owner }) => !ended && (sessionId === undefined || owner.sessionId === sessionId),
    )
  }

  /** The socket of a session that lives; throws if there is none. */
  socketOf(sessionId: string): FakeSocket {
    const [socket] = this.liveSockets(sessionId)
    if (socket === undefined) throw new Error(`${sessionId} has no socket`)
    return socket
  }
}

export class FakeLaravel implements Laravel {
  /** Sessions in the order of the questions. */
  readonly asked: string[] = []
  readonly published: (Offered & { text: string })[] = []
  readonly codes: { sessionId: string; text: string }[] = []
  /** Publications that were given up. */
  aborted = 0
  answer: (sessionId: string) => Promise<ActiveAnswer['said']> = async () => 'active'
  /** Why its answers are `unknown`. */
  fault: LaravelFault | null = null
  onPublish: (hash: string) => Promise<void> = async () => {}

  async askActive(sessionId: string): Promise<ActiveAnswer> {
    this.asked.push(sessionId)
    const said = await this.answer(sessionId)
    return { said, fault: said === 'unknown' ? this.fault : null }
  }

  async publishQr(of: Offered, { text }: { text: string }, signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.aborted++)
    this.published.push({ ...of, text })
    await this.onPublish(text)
  }

  async publishPairingCode({ sessionId }: Offered, { text }: { text: string }): Promise<void> {
    this.codes.push({ sessionId, text })
    await this.onPublish(text)
  }
}

/** A message as it comes out of the ratchet. */
export function incoming(
  id: string,
  from = '34611111111',
  more: Partial<ReceivedContent> = {},
): ReceivedMessage {
  const chat = `${from}@s.whatsapp.net`
  return {
    dedupeKey: `${chat}||${more.from_me ?? false}|${id}`,
    inboxHash: null,
    message: {
      message_id: id,
      from,
      from_lid: null,
      from_me: false,
      chat_id: chat,
      participant: null,
      is_group: false,
      subject: null,
      push_name: 'Ana',
      type: 'text',
      body: `body of ${id}`,
      caption: null,
      media: null,
      reply_to: null,
      timestamp: '2026-01-01T00:00:00Z',
      offline: false,
      ...more,
    },
  }
}

export const text = (to: string, body = 'hello'): SendContent => ({
  type: 'text',
  to: `${to}@s.whatsapp.net`,
  body,
  reply_to: null,
})

/** A picture behind a link, which has no name but its caption. */
export const picture = (to: string, caption = 'a picture'): SendContent => ({
  type: 'image',
  to: `${to}@s.whatsapp.net`,
  media: {
    url: `https://files.test/${encodeURIComponent(caption)}`,
    id: null,
    ready: false,
    mimetype: null,
    filename: null,
    size: null,
    seconds: null,
    width: null,
    height: null,
    waveform: null,
    thumbnail: null,
  },
  caption,
  ptt: false,
  reply_to: null,
})
