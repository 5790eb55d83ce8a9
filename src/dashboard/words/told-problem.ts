import type { Problem } from '../../base/problem.ts'
import type { Language } from './languages.ts'
import type { ProblemWords } from './problem-words.ts'
import { problemsEn } from './problems-en.ts'
import { problemsEs } from './problems-es.ts'

const FILES = { en: problemsEn, es: problemsEs } satisfies Record<Language, ProblemWords>

export const problemWordsOf = (language: Language): ProblemWords => FILES[language]

/** A problem in the reader's language: what is wrong, and what mends it; `language` is the one that the text is in. */
export function toldProblem(language: Language, { code, message, said }: Problem) {
  const { title, says } = FILES[language][code]
  if (said === undefined) return { code, title, text: message, language: 'en' }
  const sentences: Record<string, string> = says
  const text = said.map(one => withValues(sentences[one.says] ?? title, one.values)).join(' ')
  return { code, title, text, language }
}

const withValues = (sentence: string, values: Record<string, string | number>) =>
  sentence.replace(/\{(\w+)\}/g, (_, name: string) => shown(values[name] ?? ''))

/** What is a time in ISO 8601 is told to the minute. */
const shown = (value: string | number) =>
  String(value).replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d\.\d{3}Z$/, '$1 $2 UTC')
