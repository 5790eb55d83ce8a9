import { pick, type Random } from './random.ts'
import { type HostileRequest, NOBODY, request } from './request-bytes.ts'
import type { Target } from './routes.ts'

/** Headers that are rubbish, too long, too many, or of somebody who has no key. */
export function oddHeaders(random: Random, target: Target, id: string, key: string): HostileRequest {
  const type = (value: string) => [`Content-Type: ${value}`]
  const makes: (() => string[])[] = [
    () =>
      type(
        pick(random, [
          'text/plain',
          'application/x-www-form-urlencoded',
          'multipart/form-data',
          'application/json2',
          ',',
          'a'.repeat(9_000),
        ]),
      ),
    () => [
      'Content-Type: application/json',
      `Content-Encoding: ${pick(random, ['gzip', 'br', 'x'.repeat(200), 'gzip, identity'])}`,
    ],
    () => Array.from({ length: 150 }, (_, i) => `X-${i}: ${i}`),
    () => [`Cookie: ${'a=b; '.repeat(2_000)}`],
    () => [`X-${'a'.repeat(9_000)}: 1`],
    () => [
      `Range: bytes=${pick(random, ['0-', '-0', '9-1', '0-0,2-2,4-4', 'x', `${'0-1,'.repeat(2_000)}0-1`])}`,
    ],
    () => [`Accept: ${pick(random, ['*/*;q=a', 'image/png;q=NaN', ','.repeat(9_000), 'x/'.repeat(4_000)])}`],
    () => [
      `Idempotency-Key: ${pick(random, ['', ' ', '\xff\xfe', 'k'.repeat(9_000), 'a\tb'])}`,
      ...type('application/json'),
    ],
    () => [`X-Request-Id: ${pick(random, ['x'.repeat(9_000), '\xff', '<script>', '%24{jndi:ldap}'])}`],
    () => [
      `X-Forwarded-For: ${'127.0.0.1, '.repeat(900)}`,
      'X-HTTP-Method-Override: DELETE',
      'Forwarded: host=localhost',
    ],
    () => ['Expect: 200-maybe', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA'],
    () => [`Origin: ${pick(random, ['null', 'https://evil.example', 'x', 'http://[::1'])}`, 'Referer: x'],
    () => [`If-None-Match: ${'"a",'.repeat(2_000)}`, 'If-Range: "x"', 'If-Modified-Since: never'],
  ]
  const headers = pick(random, makes)()
  const body = target.method === 'GET' ? undefined : '{'
  // Half of them without a key, or with one that is none.
  const with_ = random() < 0.5 ? key : pick(random, ['', 'x', '\xff', `${key}x`, 'k'.repeat(8_000), 'null'])
  const made = request(target, with_ === key && target.method === 'GET' ? id : NOBODY, with_, body, headers)
  return { bytes: made, whole: true, refused: target.method !== 'GET' }
}
