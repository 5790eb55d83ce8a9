import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const SRC = new URL('../../../src/', import.meta.url)
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'))
const code = new Map(
  files.map(name => [
    name,
    readFileSync(new URL(name, SRC), 'utf8')
      .replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
      .replace(/^import[\s\S]*?from '.*'$/gm, ''),
  ]),
)
const exported = [...code].flatMap(([name, text]) =>
  name.startsWith('whatsapp/patches/')
    ? [...text.matchAll(/^export (?:async )?(?:function|class) (\w+)/gm)].map(
        ([, what]) => [name, what!] as const,
      )
    : [],
)

it('each patch of Baileys is applied somewhere: a patch that nobody calls mends nothing, and its own tests do not see that', () => {
  expect(exported.length).toBeGreaterThan(20)
  const unused = exported.filter(
    ([home, what]) =>
      ![...code].some(([name, text]) => name !== home && new RegExp(`(?<!\\.)\\b${what}\\b`).test(text)),
  )
  expect(unused).toEqual([])
})
