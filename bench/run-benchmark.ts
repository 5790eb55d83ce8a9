import { availableParallelism, loadavg } from 'node:os'
import { createProgress, type Progress } from '../harness/progress.ts'
import { BenchmarkEnvironment } from './environment/environment.ts'

export interface Outcome {
  /** What there is to say, for standard output. */
  text: string
  /** What was lost or doubled, a sentence each; any makes the exit code 1. */
  troubles: string[]
}

/** Runs a benchmark from its first process to its last: prints what it found, or why it could not finish, and leaves nothing behind. */
export async function runBenchmark(
  work: (benchmark: BenchmarkEnvironment, progress: Progress) => Promise<Outcome>,
  onEnd: () => void = () => {},
): Promise<void> {
  const progress = createProgress(process.stderr)
  const benchmark = new BenchmarkEnvironment()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      benchmark.close().then(() => process.exit(130))
    })
  try {
    const { text, troubles } = await work(benchmark, progress)
    progress.done()
    process.stdout.write(`${text}\n`)
    for (const trouble of troubles.slice(0, 20)) process.stderr.write(`${trouble}\n`)
    if (troubles.length > 0) process.exitCode = 1
  } catch (error) {
    progress.done()
    process.stderr.write(
      `The benchmark could not finish: ${error instanceof Error ? error.message : error}\n`,
    )
    process.stderr.write(benchmark.outputs)
    process.exitCode = 1
  } finally {
    await benchmark.close()
    onEnd()
  }
}

/** Before anything was measured: what others did on this machine makes figures worse, and ratios doubtful. */
const LOAD = loadavg()[0] ?? 0
const QUIET = 0.5

/** What the figures come from, for the title of a table. */
export function machine(): string {
  const busy = LOAD > QUIET ? `, not quiet: load ${LOAD.toFixed(1)} before` : ''
  return `Node ${process.versions.node}, ${availableParallelism()} cores${busy}`
}

/** Flags for node out of one string. */
export const nodeFlags = (text: string): string[] => text.split(' ').filter(flag => flag !== '')
