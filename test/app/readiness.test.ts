import { expect, it } from 'vitest'
import { LARAVEL_CAUSES } from '../../machines/facts.ts'
import { createReadiness, type ReadinessParts } from '../../src/app/readiness.ts'
import { LANGUAGES } from '../../src/dashboard/words/languages.ts'
import { toldProblem } from '../../src/dashboard/words/told-problem.ts'

const ENGLISH = 'Said in English.'
const well = { ok: true, problem: null }

/** The warnings while all is well but for what is given. */
const warningsOf = (
  laravel: Partial<ReadinessParts['laravel']>,
  deliveries: Partial<ReadinessParts['deliveries']> = {},
) =>
  createReadiness({
    problems: () => [],
    warnings: () => [],
    laravel: {
      address: 'http://app.test',
      faults: { note: () => null, all: () => [] },
      health: () => well,
      ...laravel,
    },
    deliveries: {
      waiting: async () => 3,
      health: () => well,
      held: () => [],
      late: () => ({ problem: null, lanes: 0 }),
      ...deliveries,
    },
  })().then(({ warnings }) => warnings)

it.each(LARAVEL_CAUSES)('what is wrong with Laravel is told in every language: %s', async cause => {
  const since = Date.UTC(2026, 0, 2, 3, 4, 5)
  const fault = { cause, route: 'POST /qr', status: 500, since, message: ENGLISH }
  const [problem, ...others] = await warningsOf({ faults: { note: () => null, all: () => [fault] } })
  expect(others).toEqual([])
  const told = LANGUAGES.map(language => toldProblem(language, problem!))
  expect(told.map(({ language }) => language)).toEqual(LANGUAGES)
  const texts = told.map(({ text }) => text)
  expect(new Set(texts).size).toBe(LANGUAGES.length)
  for (const text of texts) expect(text).toMatch(/^POST \/qr, .*2026-01-02 03:04 UTC: \S.{20,}\.$/)
})

it('a wrong address is told in every language, too', async () => {
  const wrong = () => ({ ok: false, problem: ENGLISH })
  const [problem] = await warningsOf({ health: wrong }, { health: wrong })
  for (const language of LANGUAGES) {
    const told = toldProblem(language, problem!)
    expect(told).toMatchObject({ language, text: expect.stringMatching(/\S.{20,}\.$/) })
    expect(told.text).not.toMatch(/[{}]|Said in English/)
  }
})

it('routes that fail for one cause are told in one line, since the first of them', async () => {
  const fault = (route: string, cause: (typeof LARAVEL_CAUSES)[number], minute: number) => {
    const since = Date.UTC(2026, 0, 2, 3, minute)
    return { cause, route, status: 503, since, message: ENGLISH }
  }
  const all = () => [
    fault('POST /qr', 'maintenance', 5),
    fault('POST /messages', 'csrf', 6),
    fault('POST /pairing-code', 'maintenance', 4),
  ]
  const [problem] = await warningsOf({ faults: { note: () => null, all } })
  const lines = toldProblem('en', problem!).text.split('\n')
  expect(lines).toHaveLength(2)
  expect(lines[0]).toMatch(
    /^POST \/qr, POST \/pairing-code, since 2026-01-02 03:04 UTC: Laravel is in maintenance/,
  )
  expect(lines[1]).toMatch(/^POST \/messages, since 2026-01-02 03:06 UTC: /)
})
