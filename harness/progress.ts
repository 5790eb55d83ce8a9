import type { WriteStream } from 'node:tty'
import { now } from './now.ts'

export type Progress = ReturnType<typeof createProgress>

/** Tells what is going on, with the time since the start: one changing line in a terminal, results below each other. */
export function createProgress(out: Pick<WriteStream, 'write' | 'isTTY'>) {
  const begun = now()
  let shown = ''
  const stamp = () => `${((now() - begun) / 1000).toFixed(1).padStart(6)} s`
  const wipe = () => {
    if (shown !== '') out.write('\r\x1b[2K')
    shown = ''
  }

  return {
    /** What happens now; without a terminal only where it is new. */
    show(step: string): void {
      if (!out.isTTY) return
      wipe()
      shown = `${stamp()}  ${step} …`
      out.write(shown)
    },
    /** What came of it; stays. */
    say(result: string): void {
      wipe()
      out.write(`${stamp()}  ${result}\n`)
    },
    done: wipe,
    seconds: () => Math.round((now() - begun) / 1000),
  }
}
