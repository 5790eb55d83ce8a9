import { describe, expect, it } from 'vitest'
import { check, runSteps, type Step, StepFailed } from '../../demo/step-runner.ts'

const never = new AbortController().signal
const run = (
  steps: Step[],
  over: { timeoutMs?: number; signal?: AbortSignal; begin?: (t: string) => void },
) => runSteps(steps, { timeoutMs: 20_000, signal: never, begin: () => {}, ...over })

describe('steps', () => {
  it('run one after the other', async () => {
    const happened: string[] = []
    const step = (title: string): Step => ({
      title,
      async run() {
        await new Promise(setImmediate)
        happened.push(`${title} done`)
      },
    })
    await run([step('one'), step('two')], { begin: title => happened.push(title) })
    expect(happened).toEqual(['one', 'one done', 'two', 'two done'])
  })

  it('fail with one line that names the first step that failed', async () => {
    const begun: string[] = []
    const steps: Step[] = [
      { title: 'good', run: async () => {} },
      { title: 'bad', run: async () => check(false, 'the answer was 500\n  with a second line') },
      { title: 'later', run: async () => {} },
    ]
    const failed = run(steps, { begin: title => begun.push(title) })
    await expect(failed).rejects.toThrow(StepFailed)
    await expect(failed).rejects.toThrow(/^"bad" failed: the answer was 500 with a second line$/)
    expect(begun).toEqual(['good', 'bad'])
  })

  it('say what was waited for when time is up', async () => {
    const steps: Step[] = [
      {
        title: 'slow',
        async run({ until }) {
          expect(await until('the first comes', () => 1)).toBe(1)
          await until('the second comes', () => undefined)
        },
      },
    ]
    await expect(run(steps, { timeoutMs: 100 })).rejects.toThrow(
      /^"slow" failed: still waiting until the second comes after 0.1 s$/,
    )
  })

  it('fail when a step hangs without waiting for anything', async () => {
    const steps: Step[] = [{ title: 'stuck', run: () => new Promise(() => {}) }]
    await expect(run(steps, { timeoutMs: 50 })).rejects.toThrow('"stuck" failed: it did not end after 0.05 s')
  })

  it('wait as long as a probe has no answer, and fail with what it throws', async () => {
    let asked = 0
    const steps: Step[] = [
      {
        title: 'patient',
        async run({ until }) {
          await until('asked three times', async () => (++asked === 3 ? true : undefined))
          await until('it throws', () => {
            throw new Error('connect ECONNREFUSED')
          })
        },
      },
    ]
    await expect(run(steps, {})).rejects.toThrow('"patient" failed: connect ECONNREFUSED')
    expect(asked).toBe(3)
  })

  it('stop at once, with its reason, when the signal is aborted', async () => {
    const died = new AbortController()
    const steps: Step[] = [
      {
        title: 'long',
        async run({ until }) {
          died.abort(new Error('the manager does not run: no disk'))
          await until('it ends', () => undefined)
        },
      },
    ]
    await expect(run(steps, { signal: died.signal })).rejects.toThrow(
      '"long" failed: the manager does not run: no disk',
    )
  })
})
