import { describe, expect, it } from 'vitest'
import { valuesOf } from '../../command-line/command-line.ts'
import { INSPECT, readOptions } from '../../inspect/options.ts'

const read = (line = '', env: Record<string, string> = {}) =>
  readOptions(valuesOf(INSPECT, line.split(' ').filter(Boolean)), env)

describe('npm run inspect', () => {
  it('finds the manager of this folder and a key of it, one for reading if there is one', () => {
    expect(read()).toMatchObject({
      manager: 'http://127.0.0.1:3000',
      key: null,
      sessions: [],
      to: { kind: 'viewer', opens: true, port: 0 },
    })
    expect(read().stream.href).toBe('ws://127.0.0.1:3000/inspect')
    const env = { HOST: '0.0.0.0', PORT: '8080', API_KEYS: ' full , wallboard:read' }
    expect(read('', env)).toMatchObject({ manager: 'http://127.0.0.1:8080', key: 'wallboard' })
    expect(read('', { HOST: '::1', API_KEYS: 'full,other' })).toMatchObject({
      manager: 'http://[::1]:3000',
      key: 'full',
    })
    expect(read('', { PORT: '', API_KEYS: '' })).toMatchObject({
      manager: 'http://127.0.0.1:3000',
      key: null,
    })
  })

  it('takes what it is given before that, and prints no key', () => {
    const given = read('--url https://:secret@wa.test/base/ --session a,b --session c', { API_KEYS: 'other' })
    expect(given).toMatchObject({ manager: 'https://wa.test/base', key: 'secret', sessions: ['a', 'b', 'c'] })
    expect(given.stream.href).toBe('wss://wa.test/base/inspect?session_id=a%2Cb%2Cc')
    expect(read('--key mine', { API_KEYS: 'other' }).key).toBe('mine')
    expect(read('--print').to).toEqual({ kind: 'print' })
    expect(read('--relay ws://127.0.0.1:8080').to).toMatchObject({ kind: 'relay' })
    expect(read('--port 4000 --no-open --viewer http://127.0.0.1:1/x').to).toMatchObject({
      kind: 'viewer',
      port: 4000,
      opens: false,
    })
  })

  it.each([
    ['--url x', 'x is no address'],
    ['--url ftp://x', 'ftp://x is no address'],
    ['--relay http://x', 'it begins with ws:// or wss://'],
    ['--print --relay ws://x', 'give one of them'],
    ['--port 70000', '--port must be a whole number'],
    ['--nonsense', 'there is no --nonsense (see npm run inspect -- --help)'],
    ['shop', 'shop is no option'],
  ])('says what is wrong with %s', (line, sentence) => {
    expect(() => read(line)).toThrow(sentence)
  })
})
