import { afterEach, expect, it, vi } from 'vitest'
import { createProgress } from '../../harness/progress.ts'

let seconds = 0
vi.mock('../../harness/now.ts', () => ({ now: () => seconds * 1000 }))
afterEach(() => {
  seconds = 0
})

/** What is written to a terminal, or to none. */
function progress(isTTY: boolean) {
  const written: string[] = []
  const write = (text: string | Uint8Array) => written.push(String(text)) > 0
  return { ...createProgress({ write, isTTY }), written }
}

it('Without a terminal what is waited for is told once nothing was told for 30 s, and results at once', () => {
  const { show, say, written } = progress(false)
  for (seconds = 0; seconds < 100; seconds++) {
    if (seconds === 40) say('half of it')
    show(`waiting ${seconds}`)
  }
  expect(written).toEqual(['  30.0 s  waiting 30 …\n', '  40.0 s  half of it\n', '  70.0 s  waiting 70 …\n'])
})

it('In a terminal it is one line that changes, and results stay below each other', () => {
  const { show, say, done, written } = progress(true)
  show('one')
  show('two')
  say('all')
  done()
  expect(written).toEqual(['   0.0 s  one …', '\r\x1b[2K', '   0.0 s  two …', '\r\x1b[2K', '   0.0 s  all\n'])
})
