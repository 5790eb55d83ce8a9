import {
  type AnyMessageContent,
  type AuthenticationCreds,
  type AuthenticationState,
  type BinaryNode,
  DEFAULT_CONNECTION_CONFIG,
  generateMessageIDV2,
  isJidNewsletter,
  isJidStatusBroadcast,
  makeCacheableSignalKeyStore,
  makeWASocket,
  type SignalDataSet,
  type SignalDataTypeMap,
  type SignalKeyStore,
  WA_CERT_DETAILS,
  type WAMessage,
  type WASocket,
} from '@whiskeysockets/baileys'
import { type Commands, offer } from '../../harness/rpc.ts'
import { silenceConsole } from '../../patches/libsignal-console.ts'
import { silentLogger } from '../../simulator/signal/silent-logger.ts'
import { type AckedFile, type FileJob, runFileJobs } from '../traffic/file-jobs.ts'
import type { Pair } from '../traffic/pair.ts'
import { contentOf, type PlainLoopFiles, serveReceivedFiles } from './plain-loop-files.ts'

/** What the manager is compared with: a loop of unmodified Baileys sockets with their keys in memory, and nothing else. */

silenceConsole()

export interface Login {
  number: string
  creds: AuthenticationCreds
}

const ACK_MS = 30_000

/** Where what comes in is posted, as a simple script would. */
let laravelUrl = ''
let whatsappUrl = ''
let files: PlainLoopFiles | null = null
const sockets = new Map<string, WASocket>()
const acks = new Map<string, (error: string | undefined) => void>()

function inMemory(creds: AuthenticationCreds): AuthenticationState {
  const types: { [T in keyof SignalDataTypeMap]?: Record<string, SignalDataTypeMap[T] | null> } = {}
  const store: SignalKeyStore = {
    get(type, ids) {
      const found: Record<string, SignalDataTypeMap[typeof type]> = {}
      for (const id of ids) {
        const value = types[type]?.[id]
        if (value) found[id] = value
      }
      return found
    },
    set(data: SignalDataSet) {
      for (const [type, values] of Object.entries(data)) {
        const known = types as Record<string, object>
        known[type] = Object.assign(known[type] ?? {}, values)
      }
    },
  }
  return { creds, keys: makeCacheableSignalKeyStore(store, silentLogger) }
}

function open({ number, creds }: Login): Promise<void> {
  // The manager's settings, where they change what is done.
  const socket = makeWASocket({
    auth: inMemory(creds),
    logger: silentLogger,
    version: DEFAULT_CONNECTION_CONFIG.version,
    waWebSocketUrl: whatsappUrl,
    syncFullHistory: false,
    markOnlineOnConnect: false,
    emitOwnEvents: false,
    shouldIgnoreJid: jid => Boolean(isJidStatusBroadcast(jid) || isJidNewsletter(jid)),
  })
  sockets.set(number, socket)
  socket.ev.on('creds.update', update => Object.assign(creds, update))
  socket.ws.on('CB:ack,class:message', ({ attrs }: BinaryNode) => acks.get(attrs.id ?? '')?.(attrs.error))
  socket.ev.on('messages.upsert', ({ messages }) => {
    for (const message of messages) if (!message.key.fromMe) void take(number, message)
  })
  return new Promise((resolve, reject) => {
    socket.ev.on('connection.update', ({ connection, lastDisconnect }) => {
      if (connection === 'open') resolve()
      if (connection === 'close') reject(lastDisconnect?.error ?? new Error(`${number} was closed`))
    })
  })
}

async function take(number: string, received: WAMessage): Promise<void> {
  const { key, message, messageTimestamp, pushName } = received
  const url = (await files?.keep(received)) ?? null
  await tellLaravel({
    session_id: number,
    message_id: key.id,
    chat_id: key.remoteJid,
    from: key.remoteJidAlt ?? key.remoteJid,
    push_name: pushName,
    type: url === null ? 'text' : 'file',
    body: message?.conversation || message?.extendedTextMessage?.text || null,
    ...(url !== null && { media: { url } }),
    timestamp: Number(messageTimestamp),
  })
}

async function tellLaravel(message: object, again = true): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  try {
    const response = await fetch(`${laravelUrl}/messages`, {
      method: 'POST',
      headers,
      body: JSON.stringify(message),
    })
    await response.arrayBuffer()
  } catch (error) {
    // A server may close a pooled connection just when it is used.
    if (!again) throw error
    await tellLaravel(message, false)
  }
}

async function send({ number, contact }: Pair, content: AnyMessageContent): Promise<string> {
  const socket = sockets.get(number)!
  const messageId = generateMessageIDV2(socket.user?.id)
  const acked = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ack for ${messageId}`)), ACK_MS)
    acks.set(messageId, error => {
      clearTimeout(timer)
      acks.delete(messageId)
      if (error === undefined) resolve()
      else reject(new Error(`error ack ${error} for ${messageId}`))
    })
  })
  await Promise.all([socket.sendMessage(`${contact}@s.whatsapp.net`, content, { messageId }), acked])
  return messageId
}

const commands = {
  /** `filesDir` is for what comes in. */
  async begin(whatsapp: string, rootKey: string, laravel: string, filesDir: string): Promise<void> {
    whatsappUrl = whatsapp
    laravelUrl = laravel
    WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(rootKey, 'hex')
    files = await serveReceivedFiles(filesDir)
  },

  /** Logs all of them in, so many at once; resolves when every one is open. */
  async login(logins: Login[], concurrency: number): Promise<void> {
    const waiting = [...logins]
    const work = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await open(next)
    }
    await Promise.all(Array.from({ length: concurrency }, work))
  },

  /** Every session sends so many texts, one after the other, each after the ack of the last; the ids that were acked. */
  async send(pairs: Pair[], each: number): Promise<string[]> {
    const ids: string[] = []
    const work = async (pair: Pair) => {
      for (let n = 0; n < each; n++) ids.push(await send(pair, { text: `text ${n}` }))
    }
    await Promise.all(pairs.map(work))
    return ids
  },

  /** The same with files that Baileys fetches. */
  sendFiles: (jobs: FileJob[]): Promise<AckedFile[]> =>
    runFileJobs(jobs, ({ pair, sample, url }) => send(pair, contentOf(sample, url))),
} satisfies Commands

export type PlainLoop = typeof commands

offer(commands)
process.on('SIGTERM', () => process.exit(0))
