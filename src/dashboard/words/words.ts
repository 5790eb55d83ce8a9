import type { en } from './en.ts'

/** The words of the pages: every language has a file with the same keys; `{name}` stands for what is put in. */
export type Words = Widened<typeof en>

type Widened<T> = T extends string ? string : { [K in keyof T]: Widened<T[K]> }
