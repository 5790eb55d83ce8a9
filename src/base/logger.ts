import { type DestinationStream, type Logger, pino } from 'pino'
import { causeFields } from './causes.ts'
import { prettyLines } from './pretty.ts'

export type { Logger } from 'pino'

/** Fields whose value never reaches a log line; compared without case, `-` and `_`. */
const SECRETS = new Set([
  'qr',
  'qrtext',
  'pairingcode',
  'apikey',
  'apikeys',
  'xapikey',
  'authorization',
  'token',
  'secret',
  'secrets',
  'password',
  'creds',
  'credentials',
  'key',
  'keys',
  'keypair',
  'private',
  'privkey',
  'privatekey',
  'rootkey',
  'noisekey',
  'signedidentitykey',
  'signedprekey',
  'pairingephemeralkeypair',
  'advsecretkey',
  'mediakey',
  'plaintext',
])

const MAX_DEPTH = 5

/** A copy without secrets; bytes become their count. pino's own redaction costs 80 µs a line for this many names. */
function redact(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return describeError(value)
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (depth === MAX_DEPTH) return '[deeper]'
  if (Array.isArray(value)) return value.map(item => redact(item, depth + 1))
  if ('toJSON' in value) return value
  const copy: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(value)) {
    const secret =
      field !== null && field !== undefined && SECRETS.has(name.replace(/[-_]/g, '').toLowerCase())
    copy[name] = secret ? '[redacted]' : redact(field, depth + 1)
  }
  return copy
}

/** What may be said of an error: libraries hang requests, options and headers on theirs. */
function describeError(error: Error, depth = 0): Record<string, unknown> {
  const fields: Record<string, unknown> = { name: error.name, message: error.message }
  if ('code' in error) fields.code = error.code
  fields.stack = error.stack
  if (error.cause instanceof Error && depth < MAX_DEPTH) fields.cause = describeError(error.cause, depth + 1)
  return fields
}

const redactFields = (fields: object) => redact(fields) as Record<string, unknown>

/**
 * The process's logger: JSON lines with ISO times, or text for people; `auto` is `pretty` in a terminal.
 * Each part takes a child: `logger.child({ part: 'http' })`. A line names the request and the session that caused it (causes.ts).
 * Without `destination` lines go to stdout, synchronously.
 */
export function createLogger(
  options: { level: string; format: 'auto' | 'pretty' | 'json' },
  destination?: DestinationStream,
): Logger {
  const terminal = destination === undefined && process.stdout.isTTY === true
  const pretty = options.format === 'pretty' || (options.format === 'auto' && terminal)
  const out = destination ?? pino.destination({ dest: 1, sync: true })
  const format = prettyLines(terminal)
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      // What a line says of its session itself wins.
      mixin: causeFields,
      formatters: { level: label => ({ level: label }), log: redactFields },
      // Errors are described by `redact`; pino's own serializer copies every field of an error.
      serializers: { err: value => value },
    },
    pretty ? { write: line => out.write(format(line)) } : out,
  )
  // pino formats no child's bindings; children inherit this method.
  const child = logger.child
  logger.child = function (this: Logger, bindings: object, options?: object) {
    return child.call(this, redactFields(bindings), options)
  } as Logger['child']
  return logger
}
