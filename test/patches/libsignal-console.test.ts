import { createRequire } from 'node:module'
import { expect, it, vi } from 'vitest'
import { silenceConsole } from '../../patches/libsignal-console.ts'

interface Session {
  indexInfo: { closed: number }
  privKey: string
}
interface SessionRecord {
  closeSession(session: Session): void
}
const requireFromBaileys = createRequire(import.meta.resolve('@whiskeysockets/baileys'))
const Record = requireFromBaileys('libsignal/src/session_record.js') as new () => SessionRecord
const session = (): Session => ({ indexInfo: { closed: -1 }, privKey: 'SECRET' })

it('is needed: libsignal prints whole sessions to the console', () => {
  const info = vi.spyOn(console, 'info').mockImplementation(() => {})
  new Record().closeSession(session())
  const printed = JSON.stringify(info.mock.calls)
  info.mockRestore()
  expect(printed, 'upstream mended it: drop libsignal-console.ts').toContain('SECRET')
})

it('drops what libsignal prints and tells only by which method', () => {
  const methods: string[] = []
  silenceConsole(method => methods.push(method))
  const written = vi.spyOn(process.stdout, 'write')
  new Record().closeSession(session())
  const { error } = globalThis.console
  error('SECRET', new Error('SECRET'))
  expect(methods).toEqual(['info', 'error'])
  expect(written).not.toHaveBeenCalled()
})
