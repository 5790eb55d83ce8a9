import {
  type AnyMessageContent,
  type BinaryNode,
  DEFAULT_CONNECTION_CONFIG,
  type GroupMetadata,
  generateMessageIDV2,
  isJidNewsletter,
  isJidStatusBroadcast,
  makeCacheableSignalKeyStore,
  makeWASocket,
  WA_CERT_DETAILS,
  type WAMessage,
  type WASocket,
} from '@whiskeysockets/baileys'
import { type Commands, offer } from '../../harness/rpc.ts'
import { silenceConsole } from '../../patches/libsignal-console.ts'
import { silentLogger } from '../../simulator/signal/silent-logger.ts'
import { type AckedFile, type FileJob, runFileJobs } from '../traffic/file-jobs.ts'
import type { Membership, Pair } from '../traffic/pair.ts'
import { inDatabase } from './plain-loop-database.ts'
import { contentOf, type PlainLoopFiles, serveReceivedFiles } from './plain-loop-files.ts'
import { inMemory } from './plain-loop-memory.ts'
import { serveSends } from './plain-loop-server.ts'
import type { Login, LoopStore } from './plain-loop-store.ts'

/**
 * What the manager is compared with: a loop of unmodified Baileys sockets. Either it keeps everything in memory, which is the least that
 * Baileys can cost, or it does what a careful script must: keys and messages in a database before anything goes on, sends over HTTP.
 */

silenceConsole()

const ACK_MS = 30_000

/** Where what comes in is posted, as a simple script would. */
let laravelUrl = ''
let whatsappUrl = ''
let files: PlainLoopFiles | null = null
let store: LoopStore = inMemory()
const sockets = new Map<string, WASocket>()
/** Without these, Baileys asks WhatsApp for all members before each message. */
const groups = new Map<string, GroupMetadata>()
const acks = new Map<string, (error: string | undefined) => void>()

function open(login: Login): Promise<void> {
  const { number } = login
  const { creds, keys } = store.authOf(login)
  // The manager's settings, where they change what is done.
  const socket = makeWASocket({
    auth: { creds, keys: makeCacheableSignalKeyStore(keys, silentLogger) },
    logger: silentLogger,
    version: DEFAULT_CONNECTION_CONFIG.version,
    waWebSocketUrl: whatsappUrl,
    syncFullHistory: false,
    markOnlineOnConnect: false,
    emitOwnEvents: false,
    cachedGroupMetadata: async jid => groups.get(jid),
    shouldIgnoreJid: jid => Boolean(isJidStatusBroadcast(jid) || isJidNewsletter(jid)),
  })
  sockets.set(number, socket)
  socket.ev.on('creds.update', update => store.saveCreds(number, Object.assign(creds, update)))
  socket.ev.on('messages.update', updates => {
    for (const { key, update } of updates) if (update.status) store.told(number, key.id!, update.status)
  })
  socket.ev.on('message-receipt.update', updates => {
    for (const { key, receipt } of updates) store.told(number, key.id!, receipt.readTimestamp ? 4 : 3)
  })
  socket.ev.on('group-participants.update', ({ id }) => groups.delete(id))
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
  const handedOn = {
    session_id: number,
    message_id: key.id,
    chat_id: key.remoteJid,
    from: key.remoteJidAlt ?? key.remoteJid,
    push_name: pushName,
    type: url === null ? 'text' : 'file',
    body: message?.conversation || message?.extendedTextMessage?.text || null,
    ...(url !== null && { media: { url } }),
    timestamp: Number(messageTimestamp),
  }
  store.received(number, key.id!, handedOn)
  await tellLaravel(handedOn)
  store.handedOn(number, key.id!)
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

/** Resolves with its id once WhatsApp has acked it. */
async function send(number: string, to: string, content: AnyMessageContent): Promise<string> {
  const socket = sockets.get(number)!
  const messageId = generateMessageIDV2(socket.user?.id)
  if (to.endsWith('@g.us') && !groups.has(to)) groups.set(to, await socket.groupMetadata(to))
  store.queued(number, messageId, { to, content })
  const acked = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ack for ${messageId}`)), ACK_MS)
    acks.set(messageId, error => {
      clearTimeout(timer)
      acks.delete(messageId)
      if (error === undefined) resolve()
      else reject(new Error(`error ack ${error} for ${messageId}`))
    })
  })
  await Promise.all([socket.sendMessage(to, content, { messageId }), acked])
  store.told(number, messageId, 2)
  return messageId
}

/** Every session writes so many texts, one after the other; the ids that were acked. */
async function sendEach(jobs: { number: string; to: string }[], each: number): Promise<string[]> {
  const ids: string[] = []
  const work = async ({ number, to }: { number: string; to: string }) => {
    for (let n = 0; n < each; n++) ids.push(await send(number, to, { text: `text ${n}` }))
  }
  await Promise.all(jobs.map(work))
  return ids
}

const commands = {
  /** `filesDir` is for what comes in; `database` is a file, or null to keep all in memory. */
  async begin(
    whatsapp: string,
    rootKey: string,
    laravel: string,
    filesDir: string,
    database: string | null,
  ): Promise<void> {
    whatsappUrl = whatsapp
    laravelUrl = laravel
    WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(rootKey, 'hex')
    files = await serveReceivedFiles(filesDir)
    if (database !== null) store = inDatabase(database)
  },

  /** Logs all of them in, so many at once; resolves when every one is open. */
  async login(logins: Login[], concurrency: number): Promise<void> {
    const waiting = [...logins]
    const work = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await open(next)
    }
    await Promise.all(Array.from({ length: concurrency }, work))
  },

  /** The URL under which sends are taken from now on. */
  listen: (): Promise<string> => serveSends((number, to, text) => send(number, to, { text })),

  send: (pairs: Pair[], each: number): Promise<string[]> =>
    sendEach(
      pairs.map(({ number, address }) => ({ number, to: address })),
      each,
    ),

  sendToGroups: (memberships: Membership[], each: number): Promise<string[]> =>
    sendEach(
      memberships.map(({ number, group }) => ({ number, to: group })),
      each,
    ),

  /** Each session sends files that Baileys fetches. */
  sendFiles: (jobs: FileJob[]): Promise<AckedFile[]> =>
    runFileJobs(jobs, ({ pair, sample, url }) => send(pair.number, pair.address, contentOf(sample, url))),
} satisfies Commands

export type PlainLoop = typeof commands

offer(commands)
process.on('SIGTERM', () => process.exit(0))
