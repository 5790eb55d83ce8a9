import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { createLogger } from '../../src/base/logger.ts'

function capture(format: 'auto' | 'pretty' | 'json', level = 'info') {
  const lines: string[] = []
  const logger = createLogger({ level, format }, { write: line => void lines.push(line) })
  return { logger, lines, objects: () => lines.map(line => JSON.parse(line) as Record<string, unknown>) }
}

it('the logger writes JSON lines with level, ISO time, part and fields', () => {
  const { logger, objects } = capture('json')
  logger.child({ part: 'http' }).info({ port: 3000 }, 'listening')
  const [line] = objects()
  expect(line).toEqual({
    level: 'info',
    time: expect.any(String),
    part: 'http',
    port: 3000,
    msg: 'listening',
  })
  expect(new Date(String(line?.time)).toISOString()).toBe(line?.time)
})

it('the logger writes nothing below its level', () => {
  const { logger, lines } = capture('json', 'warn')
  logger.info('no')
  logger.child({ part: 'store' }).debug('no')
  logger.warn('yes')
  expect(lines).toHaveLength(1)
})

it('the pretty format writes a line for people: whose session, what happened, what stands beside it', () => {
  const { logger, lines } = capture('pretty')
  const part = logger.child({ part: 'sessions' })
  part.warn({ session_id: 'shop', reason: 'network', ms: 3, why: 'two words' }, 'session reconnects')
  part.info('up')
  part.error({ err: new TypeError('x'), key: 'hidden' }, 'request failed')
  const [warned, said, failed] = lines
  expect(warned).toMatch(
    /^\[\d\d:\d\d:\d\d\] WARN: shop session reconnects reason=network ms=3 why="two words"\n$/,
  )
  expect(said).toMatch(/^\[\d\d:\d\d:\d\d\] INFO: up\n$/)
  expect(failed).toMatch(/ERROR: request failed key="\[redacted\]"\n {4}TypeError: x\n {8}at /)
})

it('a line for people stays one, whatever a caller or a peer has put into it', () => {
  const { logger, lines } = capture('pretty')
  logger.info({ why: 'a\n[00:00:00] INFO: forged\u001b[31m' }, 'named')
  expect(lines.join('').trimEnd().split('\n')).toHaveLength(1)
  expect(lines.join('')).not.toContain('\u001b[31m')
})

it('the auto format is JSON where there is no terminal', () => {
  const { logger, objects } = capture('auto')
  logger.info('hello')
  expect(objects()[0]?.msg).toBe('hello')
})

it('every line is written when the process exits at once', () => {
  const script = `
    import { createLogger } from ${JSON.stringify(new URL('../../src/base/logger.ts', import.meta.url).href)}
    const logger = createLogger({ level: 'info', format: 'auto' })
    for (let n = 1; n <= 500; n++) logger.info({ n }, 'line')
    process.exit(0)`
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  })
  expect(status).toBe(0)
  expect(
    stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line).n),
  ).toEqual(Array.from({ length: 500 }, (_, i) => i + 1))
})

it.each(['json', 'pretty'] as const)('no secret gets into a %s line', format => {
  const { logger, lines } = capture(format)
  const secret = 'S3CRET'
  const holders: Record<string, unknown>[] = [
    'qr',
    'qrText',
    'pairingCode',
    'pairing_code',
    'apiKey',
    'apiKeys',
    'authorization',
    'Authorization',
    'x-api-key',
    'X-Api-Key',
    'token',
    'secret',
    'secrets',
    'password',
    'creds',
    'keys',
    'privKey',
    'noiseKey',
    'advSecretKey',
  ].map(name => ({ [name]: secret }))
  for (const holder of holders) {
    logger.info(holder, 'top')
    logger.info({ a: holder }, 'one down')
    logger.info({ a: { b: [holder] } }, 'in a list')
    logger.child(holder).info('as a binding')
    logger.child({ a: holder }).info('in a binding')
  }
  logger.info(
    { creds: { noiseKey: { private: secret } }, nested: { keys: [{ public: secret }] } },
    'whole objects',
  )
  logger.error(
    { err: Object.assign(new Error('failed'), { request: { headers: { authorization: secret } } }) },
    'call failed',
  )
  logger.error(Object.assign(new Error('failed'), { options: { body: secret } }))
  expect(lines.length).toBeGreaterThan(90)
  expect(lines.join('')).not.toContain(secret)
})

it('bytes are shown by their count, and cycles do not hang the logger', () => {
  const { logger, objects } = capture('json')
  const cycle: Record<string, unknown> = { bytes: new Uint8Array(32), buffer: Buffer.from('abc') }
  cycle.self = cycle
  logger.info({ cycle, nothing: null, qr: null }, 'odd')
  expect(objects()[0]).toMatchObject({
    cycle: { bytes: '[32 bytes]', buffer: '[3 bytes]' },
    nothing: null,
    qr: null,
  })
})

it('an error is described with its causes', () => {
  const { logger, objects } = capture('json')
  const cause = Object.assign(new TypeError('refused'), { code: 'ECONNREFUSED' })
  logger.error({ err: new Error('no answer', { cause }) }, 'call failed')
  expect(objects()[0]?.err).toEqual({
    name: 'Error',
    message: 'no answer',
    stack: expect.stringContaining('logger.test.ts'),
    cause: { name: 'TypeError', message: 'refused', code: 'ECONNREFUSED', stack: expect.any(String) },
  })
})
