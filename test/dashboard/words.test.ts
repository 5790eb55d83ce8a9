import { globSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { LARAVEL_CAUSES, REASONS } from '../../machines/facts.ts'
import { PROBLEM_SENTENCES, type ProblemCode } from '../../src/base/problem.ts'
import { LANGUAGES, wordsOf } from '../../src/dashboard/words/languages.ts'
import { PAGE_REFUSALS } from '../../src/dashboard/words/refusals.ts'
import { sessionWordsOf } from '../../src/dashboard/words/session-languages.ts'
import { problemWordsOf } from '../../src/dashboard/words/told-problem.ts'
import { OPERATIONS } from '../../src/openapi/operations/operations.ts'

/** Every text by its path, `sessions.columns.state`. */
function textsOf(words: object, path = ''): Map<string, string> {
  const texts = new Map<string, string>()
  for (const [name, value] of Object.entries(words)) {
    const at = path === '' ? name : `${path}/${name}`
    if (typeof value === 'string') texts.set(at, value)
    else for (const [below, text] of textsOf(value, at)) texts.set(below, text)
  }
  return texts
}

const english = textsOf(wordsOf('en'))
const placesIn = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort()

it.each(LANGUAGES)('the language %s says everything, with the same places to be filled', language => {
  const texts = textsOf(wordsOf(language))
  expect([...texts.keys()]).toEqual([...english.keys()])
  for (const [path, text] of texts) {
    expect(text.trim(), path).not.toBe('')
    expect(placesIn(text), path).toEqual(placesIn(english.get(path)!))
  }
})

it('no two languages are the same', () => {
  const spanish = textsOf(wordsOf('es'))
  const same = [...english].filter(([path, text]) => spanish.get(path) === text).map(([path]) => path)
  expect(same.length).toBeLessThan(english.size / 20)
})

it('each problem of the service is said in every language by each of its sentences, with the same values', () => {
  for (const language of LANGUAGES) {
    const words = problemWordsOf(language)
    expect(Object.keys(words).toSorted()).toEqual(Object.keys(PROBLEM_SENTENCES).toSorted())
    for (const [code, names] of Object.entries(PROBLEM_SENTENCES)) {
      const { title, says } = words[code as ProblemCode]
      expect(title.trim(), code).not.toBe('')
      expect(Object.keys(says).toSorted(), code).toEqual([...names].toSorted())
    }
  }
  const [said, meant] = [textsOf(problemWordsOf('es')), textsOf(problemWordsOf('en'))]
  for (const [path, text] of said) {
    expect(text.trim(), path).not.toBe('')
    expect(text, path).not.toBe(meant.get(path))
    expect(placesIn(text), path).toEqual(placesIn(meant.get(path)!))
  }
})

it('each reason why a session is where it is has words in every language', () => {
  for (const language of LANGUAGES) {
    const { reasons } = wordsOf(language)
    expect(Object.keys(reasons).toSorted(), language).toEqual(REASONS.toSorted())
    expect(sessionWordsOf(language).reasons).toBe(reasons)
  }
})

it('what the pages may be refused has words in every language', () => {
  for (const language of LANGUAGES)
    expect(Object.keys(wordsOf(language).refusals).toSorted(), language).toEqual(PAGE_REFUSALS.toSorted())
})

/** What the scripts of the pages ask of the API, each written down where it is asked. */
const ASKED = [
  ...['POST /start', 'POST /sessions/{id}/restart', 'POST /sessions/{id}/logout', 'DELETE /sessions/{id}'],
  ...['GET /sessions/{id}/qr', 'GET /sessions/{id}/pairing-code', 'GET /sessions/{id}/passkey'],
  ...['POST /sessions/{id}/passkey/confirm', 'DELETE /sessions/{id}/passkey', 'POST /sessions/{id}/replay'],
  ...['GET /deliveries', 'GET /deliveries/{id}', 'POST /deliveries/retry', 'POST /deliveries/{id}/redrive'],
]
/** Of bodies that no page sends. */
const OF_OTHERS = ['MALFORMED_JSON', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'BAD_REQUEST']

it('the words for refusals are of all that may refuse what a page asks for', () => {
  const met = ASKED.flatMap(
    route => (OPERATIONS[route as keyof typeof OPERATIONS] ?? fail(route)).errors ?? [],
  )
  const missing = met.filter(code => ![...PAGE_REFUSALS, ...OF_OTHERS].includes(code as never))
  expect([...new Set(missing)]).toEqual([])
})

const fail = (route: string): never => {
  throw new Error(`there is no route ${route}`)
}

/** What gives a reason names it so; types see to it that no other is given. */
it('no reason is listed that nobody gives', () => {
  const sources = [...globSync('machines/**/*.ts'), ...globSync('src/{sessions,whatsapp}/**/*.ts')]
  const text = sources.filter(path => path !== 'machines/facts.ts').map(path => readFileSync(path, 'utf8'))
  const ofLaravel = LARAVEL_CAUSES.map(cause => `laravel_${cause}`)
  const given = REASONS.filter(
    reason => ofLaravel.some(one => one === reason) || text.some(source => source.includes(`'${reason}'`)),
  )
  expect(given).toEqual([...REASONS])
})
