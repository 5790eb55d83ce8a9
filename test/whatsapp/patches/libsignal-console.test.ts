import { createRequire } from 'node:module'
import { pino } from 'pino'
import { expect, it, vi } from 'vitest'
import { silenceConsole } from '../../../src/whatsapp/patches/libsignal-console.ts'

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

it('drops what libsignal prints; the log says only that something was printed', () => {
  const log: string[] = []
  silenceConsole(pino({ level: 'debug' }, { write: line => void log.push(line) }))
  new Record().closeSession(session())
  const { error } = globalThis.console
  error('SECRET', new Error('SECRET'))
  expect(log.map(line => JSON.parse(line).method)).toEqual(['info', 'error'])
  expect(log.join()).not.toContain('SECRET')
})
