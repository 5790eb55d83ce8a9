import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { namesBy } from '../../import/names.ts'

const dir = mkdtempSync(join(tmpdir(), 'import-names-'))
afterAll(() => rmSync(dir, { recursive: true }))

function file(name: string, text: string): string {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}

describe('--user', () => {
  it.each([
    ['42', 'shop', { sessionId: 'shop', userId: 42 }],
    ['tenant-a', '42/shop', { sessionId: 'shop', userId: 'tenant-a' }],
    ['007', 'shop', { sessionId: 'shop', userId: '007' }],
    ['{user}_{session}', '42_my_shop', { sessionId: 'my_shop', userId: 42 }],
    ['{session}_{user}', 'my_shop_42', { sessionId: 'my_shop', userId: 42 }],
    ['{user}-{session}', '42-shop', { sessionId: 'shop', userId: 42 }],
    ['{user}/{session}', '42/shop', { sessionId: 'shop', userId: 42 }],
    ['md_{user}', 'sessions/md_7', { sessionId: 'md_7', userId: 7 }],
    ['{user}', '34600000001', { sessionId: '34600000001', userId: 34600000001 }],
    ['(a.b){user}', '(a.b)7', { problem: expect.stringContaining('"(a.b)7" is no session_id') }],
    ['{user}_{session}', 'shop', { problem: 'its name does not fit --user {user}_{session}' }],
    ['42', 'café', { problem: expect.stringContaining('"café" is no session_id') }],
  ])('%s makes of the folder %s: %o', (user, folder, naming) => {
    expect(namesBy(user)(folder)).toEqual(naming)
  })

  it('is a JSON file that names each folder, and may call it another', () => {
    const names = namesBy(
      file(
        'users.json',
        '{"shop": 42, "a/bar": "b-7", "café 2": {"session_id": "cafe-2", "user_id": 43}, "bad": null}',
      ),
    )
    expect(names('shop')).toEqual({ sessionId: 'shop', userId: 42 })
    expect(names('deeper/shop')).toEqual({ sessionId: 'shop', userId: 42 })
    expect(names('a/bar')).toEqual({ sessionId: 'bar', userId: 'b-7' })
    expect(names('café 2')).toEqual({ sessionId: 'cafe-2', userId: 43 })
    expect(names('bad')).toEqual({ problem: expect.stringContaining('user_id null is no integer') })
    expect(names('other')).toEqual({ problem: expect.stringContaining('does not say whose it is') })
  })

  it('is a table as a database exports it', () => {
    const names = namesBy(file('users.csv', 'session_id;user_id\r\n"shop";"42"\r\nbar;b-7\r\n\r\n'))
    expect(names('shop')).toEqual({ sessionId: 'shop', userId: 42 })
    expect(names('bar')).toEqual({ sessionId: 'bar', userId: 'b-7' })
  })

  it.each([
    ['{session}', 'must have {user}'],
    ['{user}{name}', 'must have {user}'],
    ['{user}-{user}', 'has a name twice'],
    ['nowhere.json', 'is no file'],
    [file('torn.json', '{"shop": '), 'is no JSON'],
  ])('%s is refused: %s', (user, reason) => {
    expect(() => namesBy(user)).toThrow(reason)
  })
})
