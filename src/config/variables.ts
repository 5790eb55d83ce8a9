import { z } from 'zod'
import { ACCOUNT_EVENT_TYPES } from '../messages/account-event.ts'
import {
  address,
  apiKeys,
  baseUrl,
  choice,
  commaSeparated,
  databaseUrl,
  mediaUrl,
  orNull,
  redisUrl,
  secret,
  token,
  variable,
  webhookSecret,
  whole,
  yesOrNo,
} from './variable-kinds.ts'

const DAY_MS = 86_400_000

const ignorable = z.enum(['status', 'newsletter'])

/** It may carry a key in its query. */
const collector = secret(
  'an http(s) URL of a collector, such as http://localhost:4318',
  orNull(address(['http:', 'https:'])),
)
const otlpProtocol = variable('', 'http/protobuf or http/json', z.enum(['', 'http/protobuf', 'http/json']))

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
    'keys of printable ASCII without spaces, separated by commas; with ":read" behind it a key may only read',
    apiKeys,
  ),
  PUBLIC_URL: variable(
    '',
    'an http(s) URL without user, query or fragment, such as https://wa.test',
    orNull(baseUrl),
  ),
  DASHBOARD: yesOrNo('true'),
  DATA_DIR: variable(
    './data',
    'a path of a directory',
    z.string().refine(text => !text.includes('\0')),
  ),
  DATABASE_URL: secret(
    'a postgres:// or postgresql:// URL, such as postgres://user:password@host:5432/database',
    orNull(databaseUrl),
  ),
  REDIS_URL: secret('a redis:// or rediss:// URL', orNull(redisUrl)),
  MEDIA_URL: variable(
    '',
    's3://bucket/prefix, or file:///folder of a folder that all nodes mount',
    orNull(mediaUrl),
  ),
  // AWS's own, which its client reads itself; these two are looked at for a mistake that would show late.
  AWS_REGION: variable('', 'a region such as eu-central-1', orNull(z.string().regex(/^[a-z0-9-]{1,40}$/))),
  AWS_ENDPOINT_URL_S3: variable(
    '',
    'an http(s) URL without user, query or fragment, such as https://s3.example.com',
    orNull(baseUrl),
  ),
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
  LARAVEL_CONTRACT: choice('messages', ['messages', 'legacy']),
  LARAVEL_TIMEOUT_MS: whole(15_000, 1_000, 300_000),
  LARAVEL_MESSAGE_STATUS: yesOrNo(),
  LARAVEL_EVENTS: variable(
    '',
    'a comma-separated list of call, group, contact and passkey, or nothing',
    commaSeparated.pipe(z.array(z.enum(ACCOUNT_EVENT_TYPES))),
  ),
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
  MAX_SESSIONS: whole(0, 0, 1_000_000),
  NODE_URL: variable(
    '',
    'an http(s) URL without user, query or fragment at which the other nodes reach this one, such as http://node-1:3000',
    orNull(baseUrl),
  ),
  NODE_LEASE_MS: whole(15_000, 2_000, 300_000),
  REJECT_CALLS: yesOrNo(),
  MARK_READ: yesOrNo(),
  INBOUND_FROM_ME: yesOrNo(),
  INBOUND_RAW: choice('none', ['none', 'unsupported', 'all']),
  INBOUND_IGNORE: variable(
    'status,newsletter',
    'none, or a comma-separated list of status and newsletter',
    z
      .literal('none')
      .transform((): z.infer<typeof ignorable>[] => [])
      .or(commaSeparated.pipe(z.array(ignorable))),
  ),
  HISTORY_IMPORT: choice('ids', ['none', 'ids', 'full']),
  EVENTS_KEEP_DAYS: whole(0, 0, 36_500),
  MESSAGES_KEEP_DAYS: whole(0, 0, 36_500),
  BODY_KEEP_DAYS: whole(0, 0, 36_500),
  MEDIA_KEEP_DAYS: whole(30, 0, 36_500),
  MEDIA_MAX_MB: whole(100, 1, 2_048),
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
  // OpenTelemetry's own, as far as its SDK leaves them to the program.
  OTEL_SDK_DISABLED: yesOrNo(),
  OTEL_TRACES_EXPORTER: variable('', 'otlp or none', z.enum(['', 'otlp', 'none'])),
  OTEL_EXPORTER_OTLP_ENDPOINT: collector,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: collector,
  OTEL_EXPORTER_OTLP_PROTOCOL: otlpProtocol,
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: otlpProtocol,
  OTEL_TRACES_SAMPLER: choice('parentbased_always_on', [
    'parentbased_always_on',
    'parentbased_always_off',
    'parentbased_traceidratio',
    'always_on',
    'always_off',
    'traceidratio',
  ]),
  OTEL_TRACES_SAMPLER_ARG: variable(
    '1',
    'a number from 0 to 1',
    z
      .string()
      .regex(/^\d*\.?\d+$/)
      .transform(Number)
      .pipe(z.number().max(1)),
  ),
  OTEL_BSP_SCHEDULE_DELAY: whole(5_000, 1, DAY_MS),
  OTEL_BSP_EXPORT_TIMEOUT: whole(30_000, 1, DAY_MS),
  OTEL_BSP_MAX_QUEUE_SIZE: whole(2_048, 1, 1_000_000),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: whole(512, 1, 1_000_000),
}
