import { createRequire } from 'node:module'
import { describe, expect, it, vi } from 'vitest'
import { silenceConsole } from '../../patches/libsignal-console.ts'

const SessionRecord = createRequire(import.meta.resolve('@whiskeysockets/baileys'))(
  'libsignal/src/session_record.js',
)

function closeASession(): void {
  new SessionRecord().closeSession({ indexInfo: { closed: -1 } })
}

describe('the console of a program that uses libsignal', () => {
  it('gets whole sessions until it is silenced, and nothing after that', () => {
    const printed = vi.spyOn(console, 'info').mockReturnValue()
    closeASession()
    expect(printed, 'upstream prints no more: drop libsignal-console.ts').toHaveBeenCalledWith(
      'Closing session:',
      expect.anything(),
    )
    printed.mockClear()
    silenceConsole()
    closeASession()
    expect(printed).not.toHaveBeenCalled()
  })
})
