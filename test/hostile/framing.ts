import { below, bytes, mutate, pick, type Random } from './random.ts'
import { type HostileRequest, NOBODY, request } from './request-bytes.ts'
import type { Target } from './routes.ts'

/** Where a request ends, or whether it is one, is in doubt. All are for nobody. */
export function brokenFraming(random: Random, target: Target, key: string): HostileRequest {
  const auth = `Authorization: Bearer ${key}`
  const json = 'Content-Type: application/json'
  const head = (...lines: string[]) =>
    ['POST /start HTTP/1.1', 'Host: localhost', auth, json, ...lines, '', ''].join('\r\n')
  const get = `GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n`
  const rubbish = () => Buffer.from(bytes(random, 1 + below(random, 300)))
  const makes: (() => string | Buffer)[] = [
    () =>
      mutate(random, request(target, NOBODY, key, target.method === 'GET' ? undefined : '{"a":1}')) as Buffer,
    () => Buffer.concat([Buffer.from(get.repeat(1 + below(random, 20))), rubbish()]),
    () => `${head('Content-Length: 2', 'Content-Length: 3')}{}x`,
    () => `${head('Content-Length: 2', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    () =>
      `${head(`Content-Length: ${pick(random, ['-1', '+2', '1e3', '0x2', '99999999999999999999', 'two', '2, 2', ''])}`)}{}`,
    () => `${head('Transfer-Encoding: gzip, chunked')}2\r\n{}\r\n0\r\n\r\n`,
    () => `${head('Transfer-Encoding: xchunked')}2\r\n{}\r\n0\r\n\r\n`,
    () =>
      `${head('Transfer-Encoding: chunked')}${pick(random, ['zz\r\n{}\r\n', '-1\r\n', 'ffffffffffffffffff\r\n{}', '2;x="\0"\r\n{}\r\n', '2\n{}\n0\n\n', '1\r\n{}\r\n0\r\n\r\n'])}`,
    () => `${head('Transfer-Encoding: chunked')}2\r\n{}\r\n0\r\nX-Trailer: ${'a'.repeat(20_000)}\r\n\r\n`,
    () => `${head('Content-Length: 5')}{}${get}`,
    () => `POST /start HTTP/1.1\r\nHost: localhost\r\n${auth}\r\n${json}\r\n\r\n{}${get}`,
    () => `${get.slice(0, -2)}${' folded: x\r\n'}\r\n`,
    () => get.replaceAll('\r\n', pick(random, ['\n', '\r', '\n\r'])),
    () =>
      get.replace('HTTP/1.1', pick(random, ['HTTP/0.9', 'HTTP/2.0', 'HTTP/1.10', 'http/1.1', 'HTTP/', ''])),
    () =>
      get.replace(
        'Host: localhost',
        pick(random, [
          'Host: a b',
          'Host: localhost\r\nHost: b',
          'Host:',
          'Host : x',
          `Host: ${'a'.repeat(9_000)}`,
        ]),
      ),
    () => `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${rubbish().toString('latin1')}`,
    () => Buffer.concat([Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]), rubbish()]),
    () => `CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n`,
    () => `GET /${'a'.repeat(pick(random, [9_000, 70_000]))} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    () => `\r\n\r\n\r\n${get}`,
    rubbish,
  ]
  const made = pick(random, makes)()
  return {
    bytes: typeof made === 'string' ? Buffer.from(made, 'latin1') : made,
    whole: false,
    refused: false,
  }
}
