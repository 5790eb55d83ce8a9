import { setTimeout as sleep } from 'node:timers/promises'

/** What one step may wait with; it remembers what it waits for, to say so when time is up. */
export interface Waiting {
  /** Resolves with the first answer of `probe` that is not undefined; asked every 25 ms. */
  until<T>(what: string, probe: () => T | undefined | Promise<T | undefined>): Promise<T>
}

/** A part of the demo: it does something and throws unless that worked. */
export interface Step {
  title: string
  run(waiting: Waiting): Promise<void>
}

/** A step that did not work; the message is one line that names the step. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed'
}

/**
 * Runs steps one after the other. Rejects with StepFailed when one throws, takes longer than `timeoutMs`, or `signal` is aborted
 * meanwhile (its reason is then part of the message).
 */
export async function runSteps(
  steps: readonly Step[],
  options: { timeoutMs: number; signal: AbortSignal; begin(title: string): void },
): Promise<void> {
  for (const { title, run } of steps) {
    options.begin(title)
    const timeout = AbortSignal.timeout(options.timeoutMs)
    const signal = AbortSignal.any([options.signal, timeout])
    let waitingFor = 'it did not end'
    const waiting: Waiting = {
      async until(what, probe) {
        waitingFor = `still waiting until ${what}`
        for (;;) {
          const answer = await probe()
          if (answer !== undefined) return answer
          await sleep(25, undefined, { signal })
        }
      },
    }
    try {
      await Promise.race([aborted(signal), run(waiting)])
    } catch (error) {
      const seconds = options.timeoutMs / 1000
      const why = timeout.aborted
        ? `${waitingFor} after ${seconds} s`
        : signal.aborted
          ? oneLine(signal.reason)
          : oneLine(error)
      throw new StepFailed(`"${title}" failed: ${why}`, { cause: error })
    }
  }
}

/** Throws unless the condition holds. */
export function check(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise)
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () => reject(signal.reason)
    if (signal.aborted) fail()
    else signal.addEventListener('abort', fail, { once: true })
  })
}

function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.replace(/\s+/g, ' ').trim()
}
