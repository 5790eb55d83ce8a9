import { createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { getMediaKeys, type MediaType, type proto } from '@whiskeysockets/baileys'
import type { Dispatcher } from 'undici'
import { GatewayError } from '../../base/errors.ts'
import { releaseBuffer } from '../../base/release-buffer.ts'
import type { MediaSource } from '../../messages/message-ref.ts'

/** WhatsApp's own media host; what a sender writes into a message's URL is never asked. */
const HOST = 'mmg.whatsapp.net'

const FIELDS = {
  image: 'imageMessage',
  video: 'videoMessage',
  audio: 'audioMessage',
  document: 'documentMessage',
  sticker: 'stickerMessage',
} as const satisfies Record<MediaSource['kind'], keyof proto.IMessage>

/** A message that holds nothing but the place of a file and its key. */
export function mediaMessage(source: MediaSource): proto.IMessage {
  return {
    [FIELDS[source.kind]]: {
      directPath: source.directPath,
      mediaKey: Buffer.from(source.mediaKey, 'base64'),
      fileSha256: Buffer.from(source.id, 'hex'),
      fileEncSha256: Buffer.from(source.encryptedId, 'hex'),
    },
  }
}

export interface DownloadOptions {
  signal: AbortSignal
  dispatcher: Dispatcher
}

const ORIGIN = 'https://web.whatsapp.com'
/** Bytes of the MAC behind the ciphertext. */
const MAC_BYTES = 10
/** For the answer to begin, and between two pieces of it, in ms. */
const TIMEOUT_MS = 30_000

/**
 * The decrypted bytes of a received file, checked against its MAC and the hash that its message carries. Rejects with MEDIA_GONE
 * (WhatsApp has deleted it: the phone may upload it again), MEDIA_UNREACHABLE (try later) or MEDIA_CORRUPT. Baileys' own download
 * has no end when a connection dies in the middle, and takes the address from the sender. Each piece is good until the next is
 * asked for.
 */
export async function* download(
  source: MediaSource,
  { signal, dispatcher }: DownloadOptions,
): AsyncIterable<Uint8Array> {
  const body = await openResponse(source, signal, dispatcher)
  if (source.mediaKey === '') {
    yield* unencrypted(body, source)
    return
  }
  const keys = await getMediaKeys(Buffer.from(source.mediaKey, 'base64'), source.kind as MediaType)
  const decipher = createDecipheriv('aes-256-cbc', keys.cipherKey, keys.iv)
  const mac = createHmac('sha256', keys.macKey!).update(keys.iv)
  const hash = createHash('sha256')
  const decrypt = (bytes: Buffer) => {
    mac.update(bytes)
    const opened = decipher.update(bytes)
    hash.update(opened)
    return opened
  }
  // What comes before a piece with room for the MAC is no part of it, and needs no copy.
  let tail: Buffer = Buffer.alloc(0)
  try {
    for await (const chunk of body) {
      const all = chunk.length < MAC_BYTES ? Buffer.concat([tail, chunk]) : null
      const ready = all === null ? tail : all.subarray(0, Math.max(0, all.length - MAC_BYTES))
      tail = all === null ? chunk : all.subarray(ready.length)
      if (ready.length === 0) continue
      const opened = decrypt(ready)
      releaseBuffer(ready)
      yield opened
      releaseBuffer(opened)
    }
    yield decrypt(tail.subarray(0, Math.max(0, tail.length - MAC_BYTES)))
    tail = tail.subarray(-MAC_BYTES)
    const last = decipher.final()
    hash.update(last)
    yield last
  } catch (error) {
    throw asGatewayError(error)
  }
  if (tail.length < MAC_BYTES || !timingSafeEqual(mac.digest().subarray(0, MAC_BYTES), tail)) throw corrupt()
  if (!timingSafeEqual(hash.digest(), Buffer.from(source.id, 'hex'))) throw corrupt()
}

/** A newsletter's file lies at WhatsApp as it is. */
async function* unencrypted(body: AsyncIterable<Buffer>, { id }: MediaSource): AsyncIterable<Uint8Array> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of body) {
      hash.update(chunk)
      yield chunk
      releaseBuffer(chunk)
    }
  } catch (error) {
    throw asGatewayError(error)
  }
  if (!timingSafeEqual(hash.digest(), Buffer.from(id, 'hex'))) throw corrupt()
}

async function openResponse(
  source: MediaSource,
  signal: AbortSignal,
  dispatcher: Dispatcher,
): Promise<AsyncIterable<Buffer>> {
  const host = source.host ?? HOST
  const url = URL.parse(source.directPath, `https://${host}`)
  // The path is the sender's: it must not name another host.
  if (url === null || url.host !== host || url.protocol !== 'https:')
    throw new GatewayError('MEDIA_GONE', 'The message names no file at WhatsApp.')
  try {
    const { statusCode, body } = await dispatcher.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'GET',
      signal,
      headers: { origin: ORIGIN },
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    })
    // Whoever reads it hears of its end; an error that nobody listens to would end the process.
    body.on('error', () => {})
    if (statusCode === 200) return body
    body.destroy()
    throw [403, 404, 410].includes(statusCode)
      ? new GatewayError('MEDIA_GONE', `WhatsApp has this file no more (HTTP ${statusCode}).`)
      : unreachable(`HTTP ${statusCode}`)
  } catch (error) {
    throw asGatewayError(error)
  }
}

const corrupt = () => new GatewayError('MEDIA_CORRUPT', 'The file is not the one that was sent.')
const unreachable = (why: string, cause?: unknown) =>
  new GatewayError('MEDIA_UNREACHABLE', `The file could not be downloaded: ${why}.`, {
    cause,
    retryable: true,
  })

function asGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  const code = String((error as { code?: unknown })?.code ?? '')
  if (code.startsWith('ERR_OSSL') || code === 'ERR_CRYPTO_INVALID_STATE') return corrupt()
  return unreachable(code || 'the connection failed', error)
}
