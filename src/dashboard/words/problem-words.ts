import type { PROBLEM_SENTENCES, ProblemCode } from '../../base/problem.ts'

/** What is wrong with the service: of each problem its title, and each of its sentences, with the values that it has as `{name}`. */
export type ProblemWords = {
  [Code in ProblemCode]: { title: string; says: Record<(typeof PROBLEM_SENTENCES)[Code][number], string> }
}
