import { brokenFraming } from './framing.ts'
import { oddHeaders } from './headers.ts'
import { below, bytes, pick, type Random, text } from './random.ts'
import { type HostileRequest, NOBODY, refused, request } from './request-bytes.ts'
import { TARGETS, type Target } from './routes.ts'

const GIANT = 300_000
const deep = (levels: number, open = '[', close = ']') => open.repeat(levels) + close.repeat(levels)

/** Values as JSON that no field takes. */
const WRONG = [
  '{}',
  '{"length":1e9,"0":{}}',
  '{"__proto__":{"isAdmin":true}}',
  '{"constructor":{"prototype":{"x":1}}}',
  '{"toString":null,"valueOf":null}',
  '[[]]',
  '[null]',
  '[{"__proto__":[]}]',
  `[${deep(2_000, '[', ']')}]`,
  deep(2_000, '{"a":[', ']}'),
]
/** Values as JSON that few fields take. */
const ODD = [
  ...['true', 'false', '0', '-1', '1e308', '-0', '0.1', '9007199254740993', '123456789012345678901234567890'],
  ...['"\\ud800"', '"\\u0000"', '"\\u202e"', '""', '" "', '"../../etc/passwd"', '"__proto__"', '"1@lid\\n"'],
  ...['[]', '["a","a"]', `["${'x'.repeat(5_000)}"]`, `[${'1,'.repeat(20_000)}1]`],
]

/** A request of the given kind of malice; the same for the same numbers. `id`: a session that is there, and must stay as it is. */
export function hostileRequest(random: Random, id: string, key: string): HostileRequest {
  const kind = random()
  const target = pick(random, TARGETS)
  if (kind < 0.35) return wrongField(random, pick(random, WITH_BODY), id, key)
  if (kind < 0.5) return brokenBody(random, pick(random, WITH_BODY), key)
  if (kind < 0.62) return oddPath(random, target, id, key)
  if (kind < 0.74) return oddHeaders(random, target, id, key)
  if (kind < 0.8) return wrongMethod(random, target, id, key)
  return brokenFraming(random, target, key)
}

const A_FILE = { type: 'document', wa_id: '34600000077', filename: 'x.bin' }

const WITH_BODY = TARGETS.filter(({ body }) => body !== undefined)

/** Every field of every route with a value of a wrong type; the session is there, and the rest as it should be. */
export function everyWrongField(id: string, key: string): HostileRequest[] {
  return WITH_BODY.flatMap(target =>
    Object.keys(target.body!).flatMap(field =>
      WRONG.map(value => refused(request(target, id, key, withField(target, field, value, id)))),
    ),
  )
}

function wrongField(random: Random, target: Target, id: string, key: string): HostileRequest {
  const field = pick(random, Object.keys(target.body!))
  const giant = random() < 0.01
  const value = giant ? JSON.stringify('x'.repeat(GIANT)) : pick(random, random() < 0.5 ? WRONG : ODD)
  // What is right but for its session changes nothing; /start, which makes sessions, is told of one that another user has.
  const start = target.route === '/start'
  if (start && field === 'session_id' && !WRONG.includes(value)) return brokenBody(random, target, key)
  const of = start || WRONG.includes(value) ? id : NOBODY
  return refused(request(target, of, key, withField(target, field, value, of)))
}

/** The fields as JSON, one of them replaced, which stands there twice at times; what others stand for does not. */
function withField(target: Target, field: string, value: string, id: string): string {
  const { wa_id, waId, to, phone, mediaUrl, media_url, media_base64, ...rest } = target.body!
  const given = { ...rest, ...('type' in rest && { wa_id }), ...('session_id' in rest && { session_id: id }) }
  const pairs = Object.entries({ ...given, [field]: null }).map(
    ([name, usual]) => `${JSON.stringify(name)}:${name === field ? value : JSON.stringify(usual)}`,
  )
  return `{"__proto__":{"type":"text"},${pairs.join()}}`
}

function brokenBody(random: Random, target: Target, key: string): HostileRequest {
  const json = Buffer.from(JSON.stringify({ ...target.body, session_id: NOBODY }))
  const makes: (() => Buffer | string)[] = [
    () => json.subarray(0, -1 - below(random, 5)),
    () => Buffer.concat([json.subarray(0, 10), Buffer.from([0xc3, 0x28, 0xff, 0xfe]), json.subarray(10)]),
    () => Buffer.from('{"body":"ni\xf1o"}', 'latin1'),
    () => deep(pick(random, [10, 5_000, 200_000])),
    () => '{"a":'.repeat(pick(random, [10, 100_000])),
    () => pick(random, [...'|null|7|"x"|[]|[[]]|NaN|{]|{"a":1,}'.split('|'), "{'a':1}", ' ', '\ufeff', '\0']),
    () => Buffer.from(json.toString(), 'utf16le'),
    () => Buffer.from(bytes(random, below(random, 400))),
    () => `{${'"session_id":"nobody-here",'.repeat(5_000)}"x":1`,
    () => `{"x":"${'x'.repeat(pick(random, [3_000_000, 1_000, 1_000, 1_000]))}"`,
    // Nothing is wrong with it but that there is no such session: its file must not stay.
    () =>
      JSON.stringify({
        ...A_FILE,
        session_id: NOBODY,
        media_base64: Buffer.from(bytes(random, 50)).toString('base64'),
      }),
  ]
  return refused(request(target, NOBODY, key, pick(random, makes)()))
}

const SEGMENTS = [
  '..|.|%2e%2e|..%2f..%2f|%2e%2e%2f%2e%2e%2fetc%2fpasswd|..%5c..%5c|%00|%ff|%c0%ae|%|%zz|%u0041|%25252e',
  '__proto__|constructor|*|:id||~|%0d%0aX-Evil:%201|+|%f0%9f%98%80|-1|0|1e9|NaN|99999999999999999999|0x1f',
  ";jsessionid=1|\\|'--|%20",
]
  .flatMap(some => some.split('|'))
  .concat('x'.repeat(5_000))

function oddPath(random: Random, target: Target, id: string, key: string): HostileRequest {
  const reads = target.method === 'GET'
  const parts = target.route.split('/').map(part => (part.startsWith(':') || random() < 0.1 ? odd() : part))
  const path =
    random() < 0.5 ? parts.join('/') : `/${Array.from({ length: below(random, 7) }, odd).join('/')}`
  function odd(): string {
    if (random() < 0.2) return reads ? id : NOBODY
    return random() < 0.7
      ? pick(random, SEGMENTS)
      : encodeURIComponent(text(random).slice(0, 200).toWellFormed())
  }
  const names = [...(target.query ?? []), '__proto__', 'a[]', '%', '']
  const query = Array.from({ length: below(random, 4) }, () => `${pick(random, names)}=${odd()}`).join('&')
  const route = `${path || '/'}${query && `?${query}`}`
  const made = request({ ...target, route }, NOBODY, key, reads ? undefined : '{}')
  return { bytes: made, whole: true, refused: !reads && !target.mayBeBare }
}

const METHODS = 'PUT PATCH OPTIONS TRACE PROPFIND MKCOL PURGE SUBSCRIBE QUERY LOCK HEAD'.split(' ')

function wrongMethod(random: Random, target: Target, id: string, key: string): HostileRequest {
  const method = pick(random, METHODS)
  // CORS asks for it.
  const isPreflight = method === 'OPTIONS' && target.route.startsWith('/passkey/')
  const made = request({ ...target, method: method as 'GET' }, id, key, method === 'HEAD' ? undefined : '{}')
  return { bytes: made, whole: true, refused: method !== 'HEAD' && !isPreflight }
}
