import { expect, it } from 'vitest'
import { contextChanges } from '../../src/dashboard/session/context-changes.ts'
import { cut } from '../../src/dashboard/session/markup.ts'

it('What differs between two contexts is told field by field', () => {
  const before = { a: 1, same: [1], qr: { current: null, published: { hash: 'x', at: 1 } }, gone: true }
  const after = {
    a: 2,
    same: [1],
    qr: { current: { hash: 'y' }, published: { hash: 'x', at: 5 } },
    came: 'now',
  }
  expect(contextChanges(before, after)).toEqual([
    { path: 'a', before: 1, after: 2 },
    { path: 'qr.current', before: null, after: { hash: 'y' } },
    { path: 'qr.published.at', before: 1, after: 5 },
    { path: 'came', before: undefined, after: 'now' },
    { path: 'gone', before: true, after: undefined },
  ])
  expect(contextChanges(after, after)).toEqual([])
  expect(contextChanges({}, { __proto__: null, a: undefined })).toEqual([])
})

it('A text is cut between characters', () => {
  expect(cut('ab😀c', 3)).toBe('ab')
  expect(cut('ab😀c', 4)).toBe('ab😀')
  expect(cut('abc', 3)).toBe('abc')
})
