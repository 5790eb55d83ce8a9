import type { Problem } from '../../base/problem.ts'
import { type Language, wordsOf } from './languages.ts'
import type { ProblemWords } from './problem-words.ts'
import { problemsEn } from './problems-en.ts'
import { problemsEs } from './problems-es.ts'

const FILES = { en: problemsEn, es: problemsEs } satisfies Record<Language, ProblemWords>

export const problemWordsOf = (language: Language): ProblemWords => FILES[language]

/** A problem in the reader's language: what is wrong, and what mends it, a line for each sentence; `language` is the one that the text is in. */
export function toldProblem(language: Language, { code, message, said }: Problem) {
  const { title, says } = FILES[language][code]
  if (said === undefined) return { code, title, text: message, language: 'en' }
  const sentences: Record<string, string> = says
  const text = said
    .map(({ says, values }) =>
      withValues(sentences[says] ?? title, { ...values, ...causeIn(language, values) }),
    )
    .join('\n')
  return { code, title, text, language }
}

/** What is wrong with Laravel is told as sessions tell it. */
function causeIn(language: Language, { cause }: Record<string, string | number>): { cause?: string } {
  const reasons: Record<string, string> = wordsOf(language).reasons
  return cause === undefined ? {} : { cause: reasons[`laravel_${cause}`] ?? String(cause) }
}

const withValues = (sentence: string, values: Record<string, string | number>) =>
  sentence.replace(/\{(\w+)\}/g, (_, name: string) => shown(values[name] ?? ''))

/** What is a time in ISO 8601 is told to the minute. */
const shown = (value: string | number) =>
  String(value).replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d\.\d{3}Z$/, '$1 $2 UTC')
