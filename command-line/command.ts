import type { Option } from './options.ts'

/** A program that people start by hand: all that its help says, and what its options are. */
export interface Command<Options extends Record<string, Option<unknown>> = Record<string, Option<unknown>>> {
  /** How it is started, `npm run bench`. */
  run: string
  /** What it does, in a sentence or two. */
  does: string
  options: Options
  /** Arguments that show how it is used, and what they are for. */
  examples: readonly (readonly [args: string, what: string])[]
  /** What else is to be known; each line of it is a paragraph. */
  notes?: string
}

export type Values<C> =
  C extends Command<infer Options>
    ? { [Name in keyof Options]: Options[Name] extends Option<infer T> ? T : never }
    : never

/** Keeps the types of the options. */
export const command = <Options extends Record<string, Option<unknown>>>(
  described: Command<Options>,
): Command<Options> => described
