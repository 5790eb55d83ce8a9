import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../src/base/errors.ts'
import { VARIABLES } from '../src/config/variables.ts'
import { loadConfig } from '../src/config.ts'
import { assertProperty } from './property.ts'

function refusal(env: Record<string, string>): GatewayError {
  try {
    loadConfig(env)
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error(`accepted: ${JSON.stringify(env)}`)
}

describe('the defaults', () => {
  it('are those of the contract', () => {
    expect(loadConfig({})).toEqual({
      http: { host: '127.0.0.1', port: 3000, apiKeys: [], readKeys: [] },
      publicUrl: null,
      dashboard: true,
      dataDir: './data',
      databaseUrl: null,
      redisUrl: null,
      laravel: {
        url: null,
        token: null,
        secrets: [],
        contract: 'messages',
        timeoutMs: 15_000,
        messageStatus: false,
        events: [],
      },
      qr: { throttleMs: 30_000, expiryMs: 60_000 },
      idle: { afterMs: 1_800_000, policy: 'keep', reapEveryMs: 60_000 },
      send: { waitMs: 4_000, maxAgeMs: 3_600_000, perMinute: 0 },
      shutdownGraceMs: 25_000,
      connect: { concurrency: 10, perSecond: 20 },
      node: { url: null, leaseMs: 15_000, maxSessions: 0 },
      rejectCalls: false,
      inbound: {
        markRead: false,
        fromMe: false,
        ignore: ['status', 'newsletter'],
        raw: 'none',
        history: 'ids',
      },
      keep: { eventsMs: null, messagesMs: null, bodiesMs: null, mediaMs: 30 * 86_400_000 },
      media: {
        maxBytes: 104_857_600,
        waitMs: 30_000,
        allowPrivate: false,
        store: { url: null, region: null, endpoint: null },
      },
      whatsapp: { url: null, rootKey: null, version: null },
      log: { level: 'info', format: 'auto' },
      tracing: null,
    })
  })

  it('stand in .env.example, every variable once, each with a comment', () => {
    const text = readFileSync(new URL('../.env.example', import.meta.url), 'utf8')
    const defaults = Object.fromEntries(
      Object.entries(VARIABLES).map(([name, { fallback }]) => [name, fallback]),
    )
    expect(parseEnv(text)).toEqual(defaults)
    const lines = text.split('\n')
    const assigned = lines.filter(line => /^[A-Z]/.test(line))
    expect(assigned).toHaveLength(Object.keys(VARIABLES).length)
    for (const line of assigned) expect(lines[lines.indexOf(line) - 1], line).toMatch(/^# ./)
    expect(loadConfig(parseEnv(text))).toEqual(loadConfig({}))
  })

  it('hold for empty, blank and unknown variables', () => {
    const blank = Object.fromEntries(Object.keys(VARIABLES).map(name => [name, ' ']))
    expect(loadConfig(blank)).toEqual(loadConfig({}))
    expect(loadConfig({ PORT: undefined, SOMETHING_ELSE: 'x' })).toEqual(loadConfig({}))
  })
})

it('every variable is read', () => {
  const secret = Buffer.from('sixteen bytes ..').toString('base64')
  const config = loadConfig({
    HOST: '0.0.0.0',
    PORT: '0',
    API_KEYS: 'one, two,,three , four:read',
    PUBLIC_URL: 'https://wa.test/base/',
    DASHBOARD: 'false',
    DATA_DIR: '/var/lib/wm',
    DATABASE_URL: 'postgresql://me:p4ss@db.test:5433/wm?sslmode=verify-full',
    REDIS_URL: 'rediss://me:p4ss@redis.test:6380/2',
    MEDIA_URL: 's3://wm.media/a/b/',
    AWS_REGION: 'eu-central-1',
    AWS_ENDPOINT_URL_S3: 'https://s3.test/',
    LARAVEL_URL: 'https://app.test/api//',
    LARAVEL_TOKEN: 't0ken',
    LARAVEL_WEBHOOK_SECRET: `whsec_${secret},plain`,
    LARAVEL_TIMEOUT_MS: '20000',
    LARAVEL_MESSAGE_STATUS: 'true',
    LARAVEL_EVENTS: 'call, passkey',
    QR_THROTTLE_MS: '1',
    QR_EXPIRY_MS: '2000',
    IDLE_AFTER_MS: '3000',
    IDLE_POLICY: 'hibernate',
    REAP_EVERY_MS: '400',
    SEND_WAIT_MS: '5',
    SEND_MAX_AGE_MS: '6000',
    SEND_PER_MINUTE: '20',
    SHUTDOWN_GRACE_MS: '7000',
    CONNECT_CONCURRENCY: '8',
    CONNECT_PER_SECOND: '9',
    MAX_SESSIONS: '500',
    NODE_URL: 'http://node-1:3000/',
    NODE_LEASE_MS: '4000',
    REJECT_CALLS: 'true',
    MARK_READ: 'true',
    INBOUND_FROM_ME: 'true',
    INBOUND_IGNORE: 'none',
    INBOUND_RAW: 'all',
    HISTORY_IMPORT: 'full',
    EVENTS_KEEP_DAYS: '2',
    MESSAGES_KEEP_DAYS: '3',
    BODY_KEEP_DAYS: '7',
    MEDIA_KEEP_DAYS: '0',
    MEDIA_MAX_MB: '2',
    MEDIA_WAIT_MS: '1500',
    MEDIA_ALLOW_PRIVATE: 'true',
    WHATSAPP_URL: 'ws://127.0.0.1:9/ws/chat',
    WHATSAPP_ROOT_KEY: 'ab'.repeat(32),
    WHATSAPP_VERSION: '2.3000.1035194821',
    LOG_LEVEL: 'debug',
    LOG_FORMAT: 'json',
    OTEL_SDK_DISABLED: 'false',
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://all.test:4318/base/',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces.test/x?key=1',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
    OTEL_TRACES_SAMPLER: 'traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.25',
    OTEL_BSP_SCHEDULE_DELAY: '1',
    OTEL_BSP_EXPORT_TIMEOUT: '2',
    OTEL_BSP_MAX_QUEUE_SIZE: '30',
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '4',
  })
  expect(config).toEqual({
    http: { host: '0.0.0.0', port: 0, apiKeys: ['one', 'two', 'three'], readKeys: ['four'] },
    publicUrl: 'https://wa.test/base',
    dashboard: false,
    dataDir: '/var/lib/wm',
    databaseUrl: 'postgresql://me:p4ss@db.test:5433/wm?sslmode=verify-full',
    redisUrl: 'rediss://me:p4ss@redis.test:6380/2',
    laravel: {
      url: 'https://app.test/api',
      token: 't0ken',
      secrets: [`whsec_${secret}`, 'plain'],
      contract: 'messages',
      timeoutMs: 20_000,
      messageStatus: true,
      events: ['call', 'passkey'],
    },
    qr: { throttleMs: 1, expiryMs: 2000 },
    idle: { afterMs: 3000, policy: 'hibernate', reapEveryMs: 400 },
    send: { waitMs: 5, maxAgeMs: 6000, perMinute: 20 },
    shutdownGraceMs: 7000,
    connect: { concurrency: 8, perSecond: 9 },
    node: { url: 'http://node-1:3000', leaseMs: 4000, maxSessions: 500 },
    rejectCalls: true,
    inbound: { markRead: true, fromMe: true, ignore: [], raw: 'all', history: 'full' },
    keep: {
      eventsMs: 2 * 86_400_000,
      messagesMs: 3 * 86_400_000,
      bodiesMs: 7 * 86_400_000,
      mediaMs: null,
    },
    media: {
      maxBytes: 2_097_152,
      waitMs: 1500,
      allowPrivate: true,
      store: {
        url: { bucket: 'wm.media', prefix: 'a/b' },
        region: 'eu-central-1',
        endpoint: 'https://s3.test',
      },
    },
    whatsapp: {
      url: 'ws://127.0.0.1:9/ws/chat',
      rootKey: 'ab'.repeat(32),
      version: [2, 3000, 1035194821],
    },
    log: { level: 'debug', format: 'json' },
    tracing: {
      url: 'https://traces.test/x?key=1',
      protocol: 'http/json',
      sampler: 'traceidratio',
      ratio: 0.25,
      batch: { delayMs: 1, timeoutMs: 2, queue: 30, size: 4 },
    },
  })
})

it('the configuration is frozen in every part', () => {
  const config = loadConfig({ API_KEYS: 'a', WHATSAPP_VERSION: '2.3.4' })
  const parts: unknown[] = [config]
  for (const part of parts) {
    expect(Object.isFrozen(part)).toBe(true)
    if (typeof part === 'object' && part !== null) parts.push(...Object.values(part))
  }
  expect(parts.length).toBeGreaterThan(30)
  expect(() => config.http.apiKeys.push('b')).toThrow(TypeError)
})

describe('a bad value', () => {
  it.each([
    ['HOST', 'two words', 'an IP address'],
    ['PORT', '65536', 'a whole number from 0 to 65535'],
    ['PORT', '-1', 'a whole number'],
    ['PORT', '1e3', 'a whole number'],
    ['PORT', '3000.5', 'a whole number'],
    ['PORT', '0x10', 'a whole number'],
    ['PORT', '99999999999999999999', 'a whole number'],
    ['DATA_DIR', 'a\0b', 'a path'],
    ['LARAVEL_URL', 'app.test/api', 'http(s) URL'],
    ['LARAVEL_URL', 'ftp://app.test', 'http(s) URL'],
    ['LARAVEL_URL', 'http://app.test/api?x=1', 'without user, query'],
    ['QR_THROTTLE_MS', 'soon', 'a whole number'],
    ['QR_EXPIRY_MS', '0', 'a whole number from 1000'],
    ['IDLE_AFTER_MS', '0', 'a whole number from 100'],
    ['IDLE_POLICY', 'KEEP', 'keep, hibernate, delete'],
    ['REAP_EVERY_MS', '1', 'a whole number from 50'],
    ['SEND_WAIT_MS', '600001', 'to 600000'],
    ['SEND_MAX_AGE_MS', '999', 'from 1000'],
    ['SHUTDOWN_GRACE_MS', '999', 'from 1000'],
    ['CONNECT_CONCURRENCY', '0', 'from 1'],
    ['CONNECT_PER_SECOND', '0', 'from 1'],
    ['INBOUND_FROM_ME', 'yes', 'true or false'],
    ['INBOUND_IGNORE', 'status,groups', 'status and newsletter'],
    ['INBOUND_RAW', 'some', 'none, unsupported, all'],
    ['WHATSAPP_URL', 'http://127.0.0.1:1', 'ws://'],
    ['WHATSAPP_ROOT_KEY', 'ab'.repeat(31), '64 hexadecimal digits'],
    ['WHATSAPP_VERSION', '2.3000', 'three numbers'],
    ['LOG_LEVEL', 'verbose', 'trace, silent'],
    ['LOG_FORMAT', 'xml', 'auto, pretty, json'],
  ])('%s=%j is refused with what would be right: %s', (name, value, right) => {
    const error = refusal({ [name]: value })
    expect(error.code).toBe('BAD_CONFIG')
    expect(error.message).toContain(`${name}=${JSON.stringify(value)}`)
    expect(error.message).toContain(right)
  })

  it.each([
    ['API_KEYS', 'g00d,b4d qwerty'],
    ['API_KEYS', 'kéyutf8'],
    ['API_KEYS', 'both,both:read'],
    ['DATABASE_URL', 'mysql://d4tabase.test'],
    ['DATABASE_URL', 'd4tabase.test:5432'],
    ['DATABASE_URL', 'postgres://me:hunter2@127.0.0.1:p0rt/x'],
    ['REDIS_URL', 'http://r3dis.test'],
    ['REDIS_URL', 'r3dis.test:6379'],
    ['REDIS_URL', 'r3dis://:hunter2@127.0.0.1'],
    ['LARAVEL_TOKEN', 'tk1 tk2'],
    ['LARAVEL_WEBHOOK_SECRET', 'whsec_n0t*b64'],
    ['LARAVEL_WEBHOOK_SECRET', 'whsec_zqzqz'],
    ['LARAVEL_WEBHOOK_SECRET', 'f1rst,s3cond,th1rd'],
  ])('of the secret %s is refused without showing it', (name, value) => {
    const { message } = refusal({ [name]: value })
    expect(message).toMatch(new RegExp(`^${name} is not valid: give `))
    for (const part of value.split(/[, ]|whsec_/).filter(text => text !== ''))
      expect(message).not.toContain(part)
  })

  it('in a URL is shown without its password', () => {
    const { message } = refusal({ LARAVEL_URL: 'http://me:hunter2@app.test/api' })
    expect(message).toContain('LARAVEL_URL="http://***@app.test/api"')
    expect(message).not.toContain('hunter2')
  })

  it('is shown in one line, whatever ends one', () => {
    expect(refusal({ HOST: 'a\n\u2028\u2029b' }).message).toContain('HOST="a\\n\\u2028\\u2029b"')
  })

  it('is refused in one line, whatever it is', async () => {
    await assertProperty(
      fc.property(
        fc.constantFrom(...Object.keys(VARIABLES)),
        fc.string({ unit: 'binary', maxLength: 300 }),
        (name, value) => {
          try {
            loadConfig({ [name]: value })
          } catch (error) {
            expect(error).toBeInstanceOf(GatewayError)
            const { code, message } = error as GatewayError
            expect(code).toBe('BAD_CONFIG')
            expect(message).toContain(name)
            expect(message).not.toMatch(/[\n\r\u2028\u2029]/)
            expect(message.length).toBeLessThan(900)
          }
        },
      ),
      { numRuns: 1000 },
    )
  })
})

it('PostgreSQL without Redis is refused in one line that shows neither', () => {
  const { code, message } = refusal({ DATABASE_URL: 'postgres://me:hunter2@db.test/wm' })
  expect([code, message]).toEqual([
    'BAD_CONFIG',
    'DATABASE_URL needs REDIS_URL, such as redis://127.0.0.1:6379: set both, or leave DATABASE_URL empty for the SQLite store in DATA_DIR',
  ])
})

describe('traces', () => {
  it.each<[Record<string, string>, string | undefined]>([
    [{}, undefined],
    [{ OTEL_SERVICE_NAME: 'x', OTEL_TRACES_SAMPLER: 'always_on' }, undefined],
    [{ OTEL_TRACES_EXPORTER: 'otlp' }, 'http://localhost:4318/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c.test/' }, 'http://c.test/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c.test/otel' }, 'http://c.test/otel/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c.test/otel/?key=k' }, 'http://c.test/otel/v1/traces?key=k'],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c.test/' }, 'http://c.test/'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c.test', OTEL_TRACES_EXPORTER: 'none' }, undefined],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c.test', OTEL_SDK_DISABLED: 'true' }, undefined],
  ])('are told for %j to %s', (env, url) => {
    expect(loadConfig(env).tracing?.url).toBe(url)
  })

  it.each([
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', 'http/protobuf or http/json'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'localhost:4318', 'an http(s) URL of a collector'],
    ['OTEL_TRACES_EXPORTER', 'zipkin', 'otlp or none'],
    ['OTEL_TRACES_SAMPLER', 'jaeger_remote', 'one of parentbased_always_on'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.5', 'a number from 0 to 1'],
  ])('%s=%s stops the start, unless nobody wants traces', (name, value, right) => {
    const on = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c.test' }
    expect(refusal({ ...on, [name]: value }).message).toContain(`give ${right}`)
    expect(loadConfig({ ...on, [name]: value, OTEL_SDK_DISABLED: 'true' }).tracing).toBeNull()
  })

  it.each([
    'OTEL_EXPORTER_OTLP_PROTOCOL',
    'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL',
  ])('%s=grpc, which is meant for others, stops no start without traces', name => {
    expect(loadConfig({ [name]: 'grpc' }).tracing).toBeNull()
    const off = { OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4317' }
    expect(loadConfig({ ...off, [name]: 'grpc' }).tracing).toBeNull()
  })

  it('have a protocol of their own, whatever others speak', () => {
    const env = { OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }
    const own = { ...env, OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json' }
    expect(loadConfig(own).tracing?.protocol).toBe('http/json')
  })
})

describe('what one variable asks of another', () => {
  it.each([
    '0.0.0.0',
    '::',
    '[::]',
    '10.1.2.3',
    'gateway.internal',
    '127.0.0.1.evil.test',
    '2130706433',
  ])('HOST=%s needs API_KEYS', host => {
    expect(refusal({ HOST: host }).message).toMatch(/^HOST=".+" can be reached .* set API_KEYS/)
    expect(loadConfig({ HOST: host, API_KEYS: 'k' }).http.apiKeys).toEqual(['k'])
  })

  it('a key that may only read has a name', () => {
    expect(refusal({ API_KEYS: 'one,:read' }).message).toMatch(/^API_KEYS is not valid/)
  })

  it.each([
    '127.0.0.1',
    '127.9.9.9',
    'localhost',
    'LOCALHOST',
    '::1',
    '[::1]',
    '::ffff:127.0.0.1',
  ])('HOST=%s needs none', host => {
    expect(loadConfig({ HOST: host }).http.apiKeys).toEqual([])
  })

  it('WHATSAPP_ROOT_KEY needs WHATSAPP_URL', () => {
    expect(refusal({ WHATSAPP_ROOT_KEY: 'ab'.repeat(32) }).message).toContain('set WHATSAPP_URL too')
  })
})
