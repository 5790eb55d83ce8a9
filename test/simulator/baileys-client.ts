import {
  type AuthenticationCreds,
  type AuthenticationState,
  initAuthCreds,
  makeWASocket,
  type proto,
  type SignalDataSet,
  type SignalDataTypeMap,
  type SignalKeyStore,
  type UserFacingSocketConfig,
  type WAMessage,
  type WAMessageKey,
  type WASocket,
} from '@whiskeysockets/baileys'
import { silentLogger } from '../../simulator/signal/silent-logger.ts'

/** Signal keys and credentials in memory, kept over reconnects. */
export function memoryAuth(creds: AuthenticationCreds = initAuthCreds()): AuthenticationState {
  const types = new Map<string, Map<string, unknown>>()
  const keys: SignalKeyStore = {
    get<T extends keyof SignalDataTypeMap>(type: T, ids: string[]) {
      const found: Record<string, SignalDataTypeMap[T]> = {}
      for (const id of ids) {
        const value = types.get(type)?.get(id)
        if (value !== undefined) found[id] = value as SignalDataTypeMap[T]
      }
      return found
    },
    set(data: SignalDataSet) {
      for (const [type, entries] of Object.entries(data)) {
        const values = types.get(type) ?? new Map<string, unknown>()
        types.set(type, values)
        for (const [id, value] of Object.entries(entries)) {
          if (value === null) values.delete(id)
          else values.set(id, value)
        }
      }
    },
  }
  return { creds, keys }
}

type Upsert = { type: 'notify' | 'append'; message: WAMessage; text: string }

/** One real Baileys client with its own memory; connects as often as it is told to. */
export class Client {
  readonly auth: AuthenticationState
  readonly upserts: Upsert[] = []
  readonly updates: { id: string; status: number | undefined; stub: string[] | undefined }[] = []
  /** Receipts of group messages: who has it, and whether it was read. */
  readonly groupReceipts: { id: string; group: string; by: string; read: boolean }[] = []
  readonly qrs: string[] = []
  socket: WASocket | undefined
  readonly #url: string
  readonly #config: Partial<UserFacingSocketConfig>
  readonly #waiting = new Set<() => void>()
  #state: 'connecting' | 'open' | 'close' = 'close'
  #statusCode: number | undefined

  constructor(
    url: string,
    auth: AuthenticationState = memoryAuth(),
    config: Partial<UserFacingSocketConfig> = {},
  ) {
    this.#url = url
    this.auth = auth
    this.#config = config
  }

  /** Opens a new socket on the same memory; it does not wait. */
  connect(): this {
    this.#state = 'connecting'
    this.#statusCode = undefined
    const socket = makeWASocket({
      auth: this.auth,
      logger: silentLogger,
      waWebSocketUrl: this.#url,
      markOnlineOnConnect: false,
      ...this.#config,
    })
    this.socket = socket
    socket.ev.on('creds.update', update => Object.assign(this.auth.creds, update))
    socket.ev.on('connection.update', update => {
      if (update.qr) this.qrs.push(update.qr)
      if (update.connection) this.#state = update.connection
      const error = update.lastDisconnect?.error as { output?: { statusCode?: number } } | undefined
      if (update.connection === 'close') this.#statusCode = error?.output?.statusCode
      this.#tell()
    })
    socket.ev.on('messages.upsert', ({ messages, type }) => {
      for (const message of messages) {
        const { conversation, extendedTextMessage } = message.message ?? {}
        this.upserts.push({ type, message, text: conversation || extendedTextMessage?.text || '' })
        for (const receipt of message.userReceipt ?? []) this.#noteGroupReceipt(message.key, receipt)
      }
      this.#tell()
    })
    socket.ev.on('messages.update', updates => {
      for (const { key, update } of updates) {
        const stub = update.messageStubParameters ?? undefined
        this.updates.push({
          id: key.id ?? '',
          status: update.status ?? undefined,
          stub: stub as string[] | undefined,
        })
      }
      this.#tell()
    })
    socket.ev.on('message-receipt.update', receipts => {
      for (const { key, receipt } of receipts) this.#noteGroupReceipt(key, receipt)
      this.#tell()
    })
    return this
  }

  /** Waits until something is true, looked at after every event of the client. */
  until<T>(look: () => T | undefined | false, what: string, timeoutMs = 10_000): Promise<T> {
    const there = look()
    if (there !== undefined && there !== false) return Promise.resolve(there)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(check)
        reject(new Error(`not within ${timeoutMs} ms: ${what}`))
      }, timeoutMs)
      const check = () => {
        const found = look()
        if (found === undefined || found === false) return
        clearTimeout(timer)
        this.#waiting.delete(check)
        resolve(found)
      }
      this.#waiting.add(check)
    })
  }

  open(timeoutMs?: number): Promise<true> {
    return this.until(() => this.#state === 'open' || undefined, 'open', timeoutMs)
  }

  /** Waits for the socket to close; the status code of its error, 0 when it has none. */
  closed(timeoutMs?: number): Promise<number> {
    return this.until(
      () => (this.#state === 'close' ? (this.#statusCode ?? 0) : undefined),
      'close',
      timeoutMs,
    )
  }

  /** The first upsert with that text. */
  upsert(text: string, timeoutMs?: number): Promise<Upsert> {
    return this.until(() => this.upserts.find(upsert => upsert.text === text), `upsert ${text}`, timeoutMs)
  }

  /** Every status Baileys told of a message: receipts that come fast are merged into the message's own upsert. */
  statuses(id: string): number[] {
    const own = this.upserts
      .filter(({ message }) => message.key.id === id)
      .map(({ message }) => message.status)
    const updated = this.updates.filter(update => update.id === id).map(update => update.status)
    return [...own, ...updated].filter(status => status !== undefined && status !== null)
  }

  /** The stub parameters Baileys told of a message, such as the code of an error ack. */
  stubs(id: string): string[] {
    const own = this.upserts.filter(({ message }) => message.key.id === id)
    const updated = this.updates.filter(update => update.id === id)
    return [
      ...own.map(({ message }) => message.messageStubParameters),
      ...updated.map(({ stub }) => stub),
    ].flatMap(stub => stub ?? [])
  }

  qr(): Promise<string> {
    return this.until(() => this.qrs.at(-1), 'a QR')
  }

  /** Ends the socket as a crash would: nothing is said to the server. */
  async end(): Promise<void> {
    await this.socket?.end(undefined)
  }

  /** Like statuses, receipts that come fast are merged into the message's own upsert. */
  #noteGroupReceipt({ id, remoteJid }: WAMessageKey, { userJid, readTimestamp }: proto.IUserReceipt) {
    const [by, read] = [userJid ?? '', Boolean(readTimestamp)]
    this.groupReceipts.push({ id: id ?? '', group: remoteJid ?? '', by, read })
  }

  #tell() {
    for (const check of [...this.#waiting]) check()
  }
}
