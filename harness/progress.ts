import type { WriteStream } from 'node:tty'
import { now } from './now.ts'

export type Progress = ReturnType<typeof createProgress>

/** Without a terminal, what is waited for is told after a silence of so many ms. */
const SILENT_MS = 30_000

/** Tells what is going on, with the time since the start: one changing line in a terminal, results below each other. */
export function createProgress(out: Pick<WriteStream, 'write' | 'isTTY'>) {
  const begun = now()
  let told = begun
  let shown = ''
  const stamp = () => `${((now() - begun) / 1000).toFixed(1).padStart(6)} s`
  const wipe = () => {
    if (shown !== '') out.write('\r\x1b[2K')
    shown = ''
  }

  const say = (result: string) => {
    wipe()
    out.write(`${stamp()}  ${result}\n`)
    told = now()
  }

  return {
    /** What happens now; without a terminal only if nothing was told for 30 s. */
    show(step: string): void {
      if (!out.isTTY) {
        if (now() - told >= SILENT_MS) say(`${step} …`)
        return
      }
      wipe()
      shown = `${stamp()}  ${step} …`
      out.write(shown)
    },
    /** What came of it; stays. */
    say,
    done: wipe,
    seconds: () => Math.round((now() - begun) / 1000),
  }
}
