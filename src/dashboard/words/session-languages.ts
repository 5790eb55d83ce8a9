import type { Language } from './languages.ts'
import { sessionEn } from './session-en.ts'
import { sessionEs } from './session-es.ts'
import type { SessionWords } from './session-words.ts'

const FILES = { en: sessionEn, es: sessionEs } satisfies Record<Language, SessionWords>

/** The words of the page of one session; its script is told none of them but a few. */
export const sessionWordsOf = (language: Language): SessionWords => FILES[language]
