import { randomBytes } from 'node:crypto'
import { Agent as HttpsAgent } from 'node:https'
import type { Readable } from 'node:stream'
import { WA_CERT_DETAILS } from '@whiskeysockets/baileys'
import type { Logger } from 'pino'
import { silenceConsole } from '../../patches/libsignal-console.ts'
import { mendSignalMacs } from '../../patches/libsignal-mac.ts'
import { mendSignalQueue } from '../../patches/libsignal-queue.ts'
import { keepSessionsAsBytes } from '../../patches/libsignal-session-bytes.ts'
import { mendSignalSessions } from '../../patches/libsignal-sessions.ts'
import type { Clock } from '../base/clock.ts'
import { GatewayError } from '../base/errors.ts'
import { Agent } from '../base/undici.ts'
import type { PasskeyVault, QrVault } from '../ports/qr-vault.ts'
import type { Store } from '../ports/store.ts'
import type { ArrivalTracing, SocketOwner, WhatsApp, WhatsAppSocket } from '../ports/whatsapp.ts'
import type { WhatsAppConfig } from './baileys-settings.ts'
import { CREDENTIALS_CORRUPT } from './disconnects.ts'
import { readCreds } from './keys/creds.ts'
import { readLateGroupMessages } from './patches/groups/late-group-messages.ts'
import { useEverySenderKey } from './patches/groups/own-sender-key.ts'
import { lightenSenderChains } from './patches/groups/sender-chain-keys.ts'
import { shortenSenderKeyRecords } from './patches/groups/sender-key-records.ts'
import { mendRawKeys } from './patches/keys/node-raw-keys.ts'
import { keepNctSalts } from './patches/nct-salt-action.ts'
import { ANY_ROOT, mendSignatures } from './patches/signatures.ts'
import { ackUndecryptable } from './patches/stanzas/undecryptable-acks.ts'
import { trapUnhandledRejections } from './patches/unhandled-rejections.ts'
import { unfinishedMessages } from './receiving/inbox-messages.ts'
import { download } from './receiving/media-download.ts'
import { reread } from './receiving/reread.ts'
import { createSessionCaches } from './session-caches.ts'
import { Socket } from './socket/socket.ts'

export interface WhatsAppDeps {
  store: Store
  vault: QrVault
  passkeys: PasskeyVault
  config: WhatsAppConfig
  logger: Logger
  clock: Clock
  /** Bytes of a file in the media store. */
  openFile?(id: string): Promise<Readable | null>
  tracing?: ArrivalTracing
}

/** WhatsApp through Baileys. `config.rootKey` is for the whole process. */
export function createWhatsApp(given: WhatsAppDeps): WhatsApp {
  const media = mediaHost(given.config)
  const deps = { openFile: async () => null, ...given, uploadAgent: media.agent }
  const { store, config, logger } = deps
  patchLibraries(logger)
  if (config.rootKey) WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(config.rootKey, 'hex')
  else if (config.url) {
    WA_CERT_DETAILS.PUBLIC_KEY = ANY_ROOT
    logger.warn('WHATSAPP_URL without WHATSAPP_ROOT_KEY: the certificate of that server is not checked')
  }
  const cachesFor = createSessionCaches()
  return {
    async open(owner, signal) {
      const stored = await readCreds(store.keys, owner.streamId)
      if (signal.aborted) return null
      if (stored.found === 'corrupt') return corruptSocket(owner)
      if (stored.found === 'creds' && stored.fellBack) {
        logger.warn(
          { session_id: owner.sessionId },
          'the newest credentials cannot be read; using the ones before',
        )
      }
      return new Socket({ ...deps, caches: cachesFor(owner.streamId) }, owner, stored)
    },
    recover: streamId => unfinishedMessages(deps, streamId),
    reread: (streamId, stored, encoded) => reread(deps, streamId, stored, encoded),
    // As WhatsApp Web makes them, without the hash of randomness that Baileys takes.
    newMessageId: () => `3EB0${randomBytes(9).toString('hex').toUpperCase()}`,
    download: (source, signal) => download(source, { signal, dispatcher: media.dispatcher }),
  }
}

/** What is mended once for the whole process; patches of one socket are applied where it is opened (socket/). */
function patchLibraries(logger: Logger): void {
  silenceConsole(method => logger.debug({ method }, 'a library printed to the console; dropped'))
  trapUnhandledRejections(logger)
  mendRawKeys()
  mendSignatures()
  useEverySenderKey()
  readLateGroupMessages()
  lightenSenderChains()
  shortenSenderKeyRecords()
  ackUndecryptable()
  keepNctSalts()
  mendSignalQueue()
  mendSignalMacs()
  mendSignalSessions()
  keepSessionsAsBytes()
}

/** A simulator's media host has a certificate of its own; its files are checked against the hash in their message all the same. */
function mediaHost({ url }: WhatsAppConfig) {
  const checked = url === undefined
  return {
    agent: checked ? null : new HttpsAgent({ keepAlive: true, rejectUnauthorized: false }),
    dispatcher: new Agent({ connect: { rejectUnauthorized: checked } }),
  }
}

/** A socket that never opens; the operator decides what becomes of credentials that cannot be read. */
function corruptSocket(owner: SocketOwner): WhatsAppSocket {
  const report = setImmediate(() => owner.report({ type: 'socket.closed', ...CREDENTIALS_CORRUPT }))
  const refuse = () =>
    Promise.reject(new GatewayError('SESSION_NOT_CONNECTED', CREDENTIALS_CORRUPT.reasonText))
  return {
    send: refuse,
    chats: { lookup: refuse, read: refuse, presence: refuse, reupload: refuse },
    passkey: {
      take() {
        throw new GatewayError('PASSKEY_NOT_ASKED', CREDENTIALS_CORRUPT.reasonText)
      },
      answer() {},
      finish() {},
    },
    logout() {},
    async end() {
      clearImmediate(report)
    },
  }
}
