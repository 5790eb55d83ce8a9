import { Writable } from 'node:stream'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createTerminal } from '../../demo/terminal.ts'

function sink(properties: object = {}) {
  let text = ''
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += chunk
      done()
    },
  })
  return { stream: Object.assign(stream, properties), text: () => text }
}

const NOON = () => new Date(2026, 0, 2, 12, 0, 5)

describe('the terminal', () => {
  afterEach(() => vi.unstubAllEnvs())
  const plain = () => {
    for (const name of ['FORCE_COLOR', 'NO_COLOR', 'NODE_DISABLE_COLORS']) vi.stubEnv(name, undefined)
  }

  it('says when, who and what, without colours in a pipe', () => {
    plain()
    const { stream, text } = sink()
    const terminal = createTerminal(stream, NOON)
    terminal.title('Chapter')
    terminal.say('phone', 'scans')
    terminal.say('WhatsApp', 'accepts')
    terminal.block('one\n\n  two\n')
    expect(terminal.coloured).toBe(false)
    expect(text()).toBe(
      '\nChapter\n  12:00:05  phone     scans\n  12:00:05  WhatsApp  accepts\n  one\n    two\n',
    )
  })

  it('uses colours in a terminal that has them', () => {
    plain()
    const { stream, text } = sink({ isTTY: true, getColorDepth: () => 8 })
    const terminal = createTerminal(stream, NOON)
    terminal.say('manager', 'opens')
    expect(terminal.coloured).toBe(true)
    expect(text()).toContain('\u001b[32mmanager')
  })

  it('uses no colours in a terminal without them, as Node reports for NO_COLOR', () => {
    plain()
    const { stream, text } = sink({ isTTY: true, getColorDepth: () => 1 })
    createTerminal(stream, NOON).say('manager', 'opens')
    expect(text()).not.toContain('\u001b')
  })
})
