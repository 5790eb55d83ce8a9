import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { LANGUAGES, wordsOf } from '../../src/dashboard/words/languages.ts'

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

it('the page has a word for every problem that there can be', () => {
  const codes = [...readFileSync('src/base/problem.ts', 'utf8').matchAll(/^ {2}\| '(\w+)'$/gm)].map(
    match => match[1]!,
  )
  expect(codes.length).toBeGreaterThan(5)
  expect(Object.keys(wordsOf('en').health.codes).sort()).toEqual(codes.sort())
})

it('the page has a word for every reason that WhatsApp gives, but for what says more than one thing', () => {
  const table = readFileSync('src/whatsapp/disconnects.ts', 'utf8')
  const codes = [...table.matchAll(/\[\s*'\w+',\s*'(\w+)',\s*'/g)].map(match => match[1]!)
  expect(codes.length).toBeGreaterThan(20)
  const known = Object.keys(wordsOf('es').reasons)
  expect([...new Set(codes)].filter(code => !known.includes(code))).toEqual([])
})
