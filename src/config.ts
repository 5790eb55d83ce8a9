import { GatewayError } from './base/errors.ts'
import { isLoopback } from './base/loopback.ts'
import { type Tracing, tracingOf } from './config/tracing.ts'
import type { Variable } from './config/variable-kinds.ts'
import { VARIABLES } from './config/variables.ts'

const DAY_MS = 86_400_000
const MB = 1024 * 1024

type Name = keyof typeof VARIABLES
type Value<N extends Name> = (typeof VARIABLES)[N] extends Variable<infer T> ? T : never

/** The whole configuration; frozen in every part. Names that end in `Ms` are milliseconds. */
export interface Config {
  /** `readKeys` may only read. */
  readonly http: {
    readonly host: string
    readonly port: number
    readonly apiKeys: string[]
    readonly readKeys: string[]
  }
  /** Base of links to media, without a slash at its end; null: the address that the service listens on. */
  readonly publicUrl: string | null
  /** Whether there is a page for operators. */
  readonly dashboard: boolean
  readonly dataDir: string
  /** PostgreSQL; null: the store is a file of SQLite in `dataDir`. */
  readonly databaseUrl: string | null
  /** null: the queue lives in this process. */
  readonly redisUrl: string | null
  /** Without `url` the manager works alone; `url` never ends in a slash. */
  readonly laravel: {
    readonly url: string | null
    readonly token: string | null
    /** As written: `whsec_…` is base64, everything else UTF-8. The first one signs. */
    readonly secrets: string[]
    /** `legacy`: as the gateway before this one spoke. */
    readonly contract: Value<'LARAVEL_CONTRACT'>
    /** How long an answer may take. */
    readonly timeoutMs: number
    /** Whether Laravel is told what becomes of sends. */
    readonly messageStatus: boolean
    /** What Laravel is told beside messages. */
    readonly events: Value<'LARAVEL_EVENTS'>
  }
  readonly qr: { readonly throttleMs: number; readonly expiryMs: number }
  readonly idle: {
    readonly afterMs: number
    readonly policy: Value<'IDLE_POLICY'>
    readonly reapEveryMs: number
  }
  /** `perMinute`: sends of one session; 0 is no limit. */
  readonly send: { readonly waitMs: number; readonly maxAgeMs: number; readonly perMinute: number }
  readonly shutdownGraceMs: number
  readonly connect: { readonly concurrency: number; readonly perSecond: number }
  /** Of a process that shares its database; `url` null: the address that it listens on, `maxSessions` 0: any number. */
  readonly node: { readonly url: string | null; readonly leaseMs: number; readonly maxSessions: number }
  /** Calls are refused as soon as they ring. */
  readonly rejectCalls: boolean
  readonly inbound: {
    /** What Laravel accepted is marked as read. */
    readonly markRead: boolean
    readonly fromMe: boolean
    readonly ignore: Value<'INBOUND_IGNORE'>
    /** Which messages are told with all that was decoded. */
    readonly raw: Value<'INBOUND_RAW'>
    /** What is kept of the phone's history of before the link. */
    readonly history: Value<'HISTORY_IMPORT'>
  }
  /** null: for ever. */
  readonly keep: {
    /** Facts of messages. */
    readonly eventsMs: number | null
    readonly messagesMs: number | null
    readonly bodiesMs: number | null
    readonly mediaMs: number | null
  }
  /** `maxBytes`: of one file, in or out. */
  readonly media: {
    readonly maxBytes: number
    readonly waitMs: number
    readonly allowPrivate: boolean
    /** Without `url` files are kept in `dataDir`; `region` and `endpoint` are those of a bucket. */
    readonly store: {
      readonly url: Value<'MEDIA_URL'>
      readonly region: string | null
      readonly endpoint: string | null
    }
  }
  /** null stands for the real service, Baileys' own root key and version. */
  readonly whatsapp: {
    readonly url: string | null
    readonly rootKey: string | null
    readonly version: [number, number, number] | null
  }
  /** null: nobody asked for traces. */
  readonly tracing: Tracing | null
  readonly log: { readonly level: Value<'LOG_LEVEL'>; readonly format: Value<'LOG_FORMAT'> }
}

/**
 * Reads the configuration from an environment; an empty or blank variable is not set.
 * Throws BAD_CONFIG with one line that names the variable, its value unless it is a secret, and what would be right.
 */
export function loadConfig(env: Record<string, string | undefined>): Config {
  const get = <N extends Name>(name: N) => readVariable(name, env) as Value<N>
  const config: Config = {
    http: { host: get('HOST'), port: get('PORT'), ...get('API_KEYS') },
    publicUrl: get('PUBLIC_URL'),
    dashboard: get('DASHBOARD'),
    dataDir: get('DATA_DIR'),
    databaseUrl: get('DATABASE_URL'),
    redisUrl: get('REDIS_URL'),
    laravel: {
      url: get('LARAVEL_URL'),
      token: get('LARAVEL_TOKEN'),
      secrets: get('LARAVEL_WEBHOOK_SECRET'),
      contract: get('LARAVEL_CONTRACT'),
      timeoutMs: get('LARAVEL_TIMEOUT_MS'),
      messageStatus: get('LARAVEL_MESSAGE_STATUS'),
      events: get('LARAVEL_EVENTS'),
    },
    qr: { throttleMs: get('QR_THROTTLE_MS'), expiryMs: get('QR_EXPIRY_MS') },
    idle: { afterMs: get('IDLE_AFTER_MS'), policy: get('IDLE_POLICY'), reapEveryMs: get('REAP_EVERY_MS') },
    send: {
      waitMs: get('SEND_WAIT_MS'),
      maxAgeMs: get('SEND_MAX_AGE_MS'),
      perMinute: get('SEND_PER_MINUTE'),
    },
    shutdownGraceMs: get('SHUTDOWN_GRACE_MS'),
    connect: { concurrency: get('CONNECT_CONCURRENCY'), perSecond: get('CONNECT_PER_SECOND') },
    node: { url: get('NODE_URL'), leaseMs: get('NODE_LEASE_MS'), maxSessions: get('MAX_SESSIONS') },
    rejectCalls: get('REJECT_CALLS'),
    inbound: {
      markRead: get('MARK_READ'),
      fromMe: get('INBOUND_FROM_ME'),
      ignore: get('INBOUND_IGNORE'),
      raw: get('INBOUND_RAW'),
      history: get('HISTORY_IMPORT'),
    },
    keep: {
      eventsMs: days(get('EVENTS_KEEP_DAYS')),
      messagesMs: days(get('MESSAGES_KEEP_DAYS')),
      bodiesMs: days(get('BODY_KEEP_DAYS')),
      mediaMs: days(get('MEDIA_KEEP_DAYS')),
    },
    media: {
      maxBytes: get('MEDIA_MAX_MB') * MB,
      waitMs: get('MEDIA_WAIT_MS'),
      allowPrivate: get('MEDIA_ALLOW_PRIVATE'),
      store: mediaStoreOf(get('MEDIA_URL'), () => ({
        region: get('AWS_REGION'),
        endpoint: get('AWS_ENDPOINT_URL_S3'),
      })),
    },
    whatsapp: {
      url: get('WHATSAPP_URL'),
      rootKey: get('WHATSAPP_ROOT_KEY'),
      version: get('WHATSAPP_VERSION'),
    },
    log: { level: get('LOG_LEVEL'), format: get('LOG_FORMAT') },
    tracing: tracingOf({
      disabled: get('OTEL_SDK_DISABLED'),
      exporter: () => get('OTEL_TRACES_EXPORTER'),
      endpoint: () => get('OTEL_EXPORTER_OTLP_ENDPOINT'),
      tracesEndpoint: () => get('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'),
      protocol: () => get('OTEL_EXPORTER_OTLP_PROTOCOL'),
      tracesProtocol: () => get('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'),
      rest: () => ({
        sampler: get('OTEL_TRACES_SAMPLER'),
        ratio: get('OTEL_TRACES_SAMPLER_ARG'),
        batch: {
          delayMs: get('OTEL_BSP_SCHEDULE_DELAY'),
          timeoutMs: get('OTEL_BSP_EXPORT_TIMEOUT'),
          queue: get('OTEL_BSP_MAX_QUEUE_SIZE'),
          size: get('OTEL_BSP_MAX_EXPORT_BATCH_SIZE'),
        },
      }),
    }),
  }
  checkTogether(config)
  return deepFreeze(config)
}

/** What AWS's variables say is read for a bucket alone: without one they are meant for other programs. */
function mediaStoreOf(
  url: Value<'MEDIA_URL'>,
  server: () => Omit<Config['media']['store'], 'url'>,
): Config['media']['store'] {
  return { url, ...(url !== null && 'bucket' in url ? server() : { region: null, endpoint: null }) }
}

const days = (count: number) => (count === 0 ? null : count * DAY_MS)

function readVariable(name: Name, env: Record<string, string | undefined>): unknown {
  const { fallback, right, schema, secret }: Variable<unknown> = VARIABLES[name]
  const text = env[name]?.trim() || fallback
  const result = schema.safeParse(text)
  if (result.success) return result.data
  const shown = secret ? name : `${name}=${display(text)}`
  throw new GatewayError('BAD_CONFIG', `${shown} is not valid: give ${right}`)
}

function checkTogether({ http, databaseUrl, redisUrl, laravel, whatsapp }: Config): void {
  if (databaseUrl !== null && redisUrl === null)
    throw new GatewayError(
      'BAD_CONFIG',
      'DATABASE_URL needs REDIS_URL, such as redis://127.0.0.1:6379: set both, or leave DATABASE_URL empty for the SQLite store in DATA_DIR',
    )
  if (http.apiKeys.length + http.readKeys.length === 0 && !isLoopback(http.host))
    throw new GatewayError(
      'BAD_CONFIG',
      `HOST=${display(http.host)} can be reached from other machines: set API_KEYS, or give HOST=127.0.0.1`,
    )
  if (laravel.contract === 'legacy' && (laravel.messageStatus || laravel.events.length > 0))
    throw new GatewayError(
      'BAD_CONFIG',
      'LARAVEL_CONTRACT="legacy" has no route for statuses and events: leave LARAVEL_MESSAGE_STATUS and LARAVEL_EVENTS empty',
    )
  if (whatsapp.rootKey !== null && whatsapp.url === null)
    throw new GatewayError(
      'BAD_CONFIG',
      `WHATSAPP_ROOT_KEY=${display(whatsapp.rootKey)} belongs to a simulator: set WHATSAPP_URL too, or leave both empty`,
    )
}

/** On one line, at most 100 characters, without the user part of a URL. */
function display(text: string): string {
  const short = text.length > 100 ? `${text.slice(0, 100)}…` : text
  // JSON leaves these as they are, and they end lines.
  return JSON.stringify(short.replace(/\/\/[^/]*@/g, '//***@')).replace(
    /[\u2028\u2029]/g,
    end => `\\u${end.charCodeAt(0).toString(16)}`,
  )
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) deepFreeze(part)
    Object.freeze(value)
  }
  return value
}
