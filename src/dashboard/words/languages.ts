import { en } from './en.ts'
import { es } from './es.ts'
import type { Words } from './words.ts'

const FILES = { en, es } satisfies Record<string, Words>

export type Language = keyof typeof FILES
export const LANGUAGES = Object.keys(FILES) as Language[]

export const wordsOf = (language: Language): Words => FILES[language]
