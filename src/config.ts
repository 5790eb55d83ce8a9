import { z } from 'zod'
import { GatewayError } from './base/errors.ts'
import { isLoopback } from './base/loopback.ts'

const DAY_MS = 86_400_000

interface Variable<T> {
  /** What an unset or empty variable means. */
  fallback: string
  /** What a right value looks like, for the operator. */
  right: string
  schema: z.ZodType<T, string>
  /** Its value is never shown. */
  secret: boolean
}

function variable<T>(fallback: string, right: string, schema: z.ZodType<T, string>): Variable<T> {
  return { fallback, right, schema, secret: false }
}

function secret<T>(right: string, schema: z.ZodType<T, string>): Variable<T> {
  return { fallback: '', right, schema, secret: true }
}

function whole(fallback: number, min: number, max: number): Variable<number> {
  const schema = z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(min).max(max))
  return variable(String(fallback), `a whole number from ${min} to ${max}`, schema)
}

function choice<const T extends string>(fallback: T, options: readonly T[]): Variable<T> {
  return variable(fallback, `one of ${options.join(', ')}`, z.enum(options))
}

/** Empty means null. */
function orNull<T>(schema: z.ZodType<T, string>): z.ZodType<T | null, string> {
  return z
    .literal('')
    .transform(() => null)
    .or(schema)
}

const commaSeparated = z.string().transform(text =>
  text
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== ''),
)

/** RFC 6750: what a bearer token or a header value can carry. */
const token = z.string().regex(/^[\x21-\x2b\x2d-\x7e]+$/)

const webhookSecret = z.string().refine(text => {
  if (!text.startsWith('whsec_')) return true
  const encoded = text.slice('whsec_'.length).replace(/={0,2}$/, '')
  return encoded !== '' && Buffer.from(encoded, 'base64').toString('base64').replace(/=*$/, '') === encoded
})

function address(protocols: string[]): z.ZodType<string, string> {
  return z.string().refine(text => {
    const url = URL.parse(text)
    return url !== null && protocols.includes(url.protocol) && url.username === '' && url.password === ''
  })
}

const baseUrl = address(['http:', 'https:'])
  .refine(text => !/[?#]/.test(text))
  .transform(text => text.replace(/\/+$/, ''))

/** It may carry a password. */
const redisUrl = z.string().refine(text => /^rediss?:\/\/[^/]/.test(text) && URL.canParse(text))

const yesOrNo = () =>
  variable(
    'false',
    'true or false',
    z.enum(['true', 'false']).transform(text => text === 'true'),
  )

const ignorable = z.enum(['status', 'newsletter'])

/** Every variable that the service reads, in the order of `.env.example`. */
export const VARIABLES = {
  HOST: variable(
    '127.0.0.1',
    'an IP address or a host name of this machine',
    z
      .string()
      .transform(text => text.replace(/^\[(.*)\]$/, '$1'))
      .pipe(z.string().regex(/^[A-Za-z0-9._:%-]{1,253}$/)),
  ),
  PORT: whole(3000, 0, 65_535),
  API_KEYS: secret(
    'keys of printable ASCII without spaces, separated by commas',
    commaSeparated.pipe(z.array(token)),
  ),
  PUBLIC_URL: variable(
    '',
    'an http(s) URL without user, query or fragment, such as https://wa.test',
    orNull(baseUrl),
  ),
  DATA_DIR: variable(
    './data',
    'a path of a directory',
    z.string().refine(text => !text.includes('\0')),
  ),
  REDIS_URL: secret('a redis:// or rediss:// URL', orNull(redisUrl)),
  LARAVEL_URL: variable(
    '',
    'an http(s) URL without user, query or fragment, such as http://app.test/api',
    orNull(baseUrl),
  ),
  LARAVEL_TOKEN: secret('a token of printable ASCII without spaces or commas', orNull(token)),
  LARAVEL_WEBHOOK_SECRET: secret(
    'one or two secrets separated by a comma; after whsec_ comes base64',
    commaSeparated.pipe(z.array(webhookSecret).max(2)),
  ),
  LARAVEL_MESSAGE_STATUS: yesOrNo(),
  QR_THROTTLE_MS: whole(30_000, 0, DAY_MS),
  QR_EXPIRY_MS: whole(60_000, 1_000, DAY_MS),
  IDLE_AFTER_MS: whole(1_800_000, 100, 365 * DAY_MS),
  IDLE_POLICY: choice('keep', ['keep', 'hibernate', 'delete']),
  REAP_EVERY_MS: whole(60_000, 50, DAY_MS),
  SEND_WAIT_MS: whole(4_000, 0, 600_000),
  SEND_MAX_AGE_MS: whole(3_600_000, 1_000, 30 * DAY_MS),
  SEND_PER_MINUTE: whole(0, 0, 100_000),
  SHUTDOWN_GRACE_MS: whole(25_000, 1_000, 600_000),
  CONNECT_CONCURRENCY: whole(10, 1, 10_000),
  CONNECT_PER_SECOND: whole(20, 1, 10_000),
  MARK_READ: yesOrNo(),
  INBOUND_FROM_ME: yesOrNo(),
  INBOUND_IGNORE: variable(
    'status,newsletter',
    'none, or a comma-separated list of status and newsletter',
    z
      .literal('none')
      .transform((): z.infer<typeof ignorable>[] => [])
      .or(commaSeparated.pipe(z.array(ignorable))),
  ),
  BODY_KEEP_DAYS: whole(0, 0, 36_500),
  MEDIA_KEEP_DAYS: whole(30, 0, 36_500),
  MEDIA_WAIT_MS: whole(30_000, 0, DAY_MS),
  MEDIA_ALLOW_PRIVATE: yesOrNo(),
  WHATSAPP_URL: variable('', 'a ws:// or wss:// URL', orNull(address(['ws:', 'wss:']))),
  WHATSAPP_ROOT_KEY: variable('', '64 hexadecimal digits', orNull(z.string().regex(/^[0-9a-f]{64}$/i))),
  WHATSAPP_VERSION: variable(
    '',
    'three numbers with dots, such as 2.3000.1035194821',
    orNull(
      z
        .string()
        .regex(/^\d{1,9}\.\d{1,9}\.\d{1,10}$/)
        .transform(text => text.split('.').map(Number))
        .pipe(z.tuple([z.number(), z.number(), z.number()])),
    ),
  ),
  LOG_LEVEL: choice('info', ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
  LOG_FORMAT: choice('auto', ['auto', 'pretty', 'json']),
}

type Name = keyof typeof VARIABLES
type Value<N extends Name> = (typeof VARIABLES)[N] extends Variable<infer T> ? T : never

/** The whole configuration; frozen in every part. Names that end in `Ms` are milliseconds. */
export interface Config {
  readonly http: { readonly host: string; readonly port: number; readonly apiKeys: string[] }
  /** Base of links to media, without a slash at its end; null: the address that the service listens on. */
  readonly publicUrl: string | null
  readonly dataDir: string
  /** null: the queue lives in this process. */
  readonly redisUrl: string | null
  /** Without `url` the manager works alone; `url` never ends in a slash. */
  readonly laravel: {
    readonly url: string | null
    readonly token: string | null
    /** As written: `whsec_…` is base64, everything else UTF-8. The first one signs. */
    readonly secrets: string[]
    /** Whether Laravel is told what becomes of sends. */
    readonly messageStatus: boolean
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
  readonly inbound: {
    /** What Laravel accepted is marked as read. */
    readonly markRead: boolean
    readonly fromMe: boolean
    readonly ignore: Value<'INBOUND_IGNORE'>
  }
  /** null: for ever. */
  readonly keep: { readonly bodiesMs: number | null; readonly mediaMs: number | null }
  readonly media: { readonly waitMs: number; readonly allowPrivate: boolean }
  /** null stands for the real service, Baileys' own root key and version. */
  readonly whatsapp: {
    readonly url: string | null
    readonly rootKey: string | null
    readonly version: [number, number, number] | null
  }
  readonly log: { readonly level: Value<'LOG_LEVEL'>; readonly format: Value<'LOG_FORMAT'> }
}

/**
 * Reads the configuration from an environment; an empty or blank variable is not set.
 * Throws BAD_CONFIG with one line that names the variable, its value unless it is a secret, and what would be right.
 */
export function loadConfig(env: Record<string, string | undefined>): Config {
  const get = <N extends Name>(name: N) => readVariable(name, env) as Value<N>
  const config: Config = {
    http: { host: get('HOST'), port: get('PORT'), apiKeys: get('API_KEYS') },
    publicUrl: get('PUBLIC_URL'),
    dataDir: get('DATA_DIR'),
    redisUrl: get('REDIS_URL'),
    laravel: {
      url: get('LARAVEL_URL'),
      token: get('LARAVEL_TOKEN'),
      secrets: get('LARAVEL_WEBHOOK_SECRET'),
      messageStatus: get('LARAVEL_MESSAGE_STATUS'),
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
    inbound: {
      markRead: get('MARK_READ'),
      fromMe: get('INBOUND_FROM_ME'),
      ignore: get('INBOUND_IGNORE'),
    },
    keep: { bodiesMs: days(get('BODY_KEEP_DAYS')), mediaMs: days(get('MEDIA_KEEP_DAYS')) },
    media: { waitMs: get('MEDIA_WAIT_MS'), allowPrivate: get('MEDIA_ALLOW_PRIVATE') },
    whatsapp: {
      url: get('WHATSAPP_URL'),
      rootKey: get('WHATSAPP_ROOT_KEY'),
      version: get('WHATSAPP_VERSION'),
    },
    log: { level: get('LOG_LEVEL'), format: get('LOG_FORMAT') },
  }
  checkTogether(config)
  return deepFreeze(config)
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

function checkTogether({ http, whatsapp }: Config): void {
  if (http.apiKeys.length === 0 && !isLoopback(http.host))
    throw new GatewayError(
      'BAD_CONFIG',
      `HOST=${display(http.host)} can be reached from other machines: set API_KEYS, or give HOST=127.0.0.1`,
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
  return JSON.stringify(short.replace(/\/\/[^/]*@/g, '//***@'))
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) deepFreeze(part)
    Object.freeze(value)
  }
  return value
}
