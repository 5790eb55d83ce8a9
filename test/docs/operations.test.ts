import { existsSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { VARIABLES } from '../../src/config/variables.ts'
import { read } from '../architecture/house.ts'

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
const PAGES = ['docs/operations.md', 'docs/release-1.0.md', 'SECURITY.md']
const headingsOf = (text: string) =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  )

describe.each(PAGES)('%s', page => {
  const text = readFileSync(page, 'utf8')
  const inCode = [...text.replace(/```[\s\S]*?```/g, '').matchAll(/`([^`]+)`/g)].map(([, code]) => code!)

  it('links to files and headings that exist', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, link]) => link!)
    const lost = links.filter(link => {
      const [path, heading] = link.split('#')
      const file = path === '' ? page : posix.join(posix.dirname(page), path!)
      if (!existsSync(file)) return true
      return heading !== undefined && !headingsOf(readFileSync(file, 'utf8')).includes(heading)
    })
    expect(links.length).toBeGreaterThan(0)
    expect(lost).toEqual([])
  })

  it('names variables, npm scripts and files that exist', () => {
    const variables = inCode
      .flatMap(code => /^([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=.*)?$/.exec(code)?.[1] ?? [])
      .filter(name => !(name in VARIABLES))
    // What answers and problems are called, and what Laravel reads.
    const code = ['src', 'machines']
      .flatMap(read)
      .map(source => source.text)
      .concat(readFileSync('packages/laravel/config/whatsapp.php', 'utf8'))
      .join('\n')
    expect(variables.filter(name => !code.includes(`'${name}'`) && !code.includes(`${name}:`))).toEqual([])
    const named = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name!)
    expect(named.filter(name => !(name in scripts))).toEqual([])
    const files = inCode.filter(name => /^(?:src|deploy|import|patches|docs)\/\S+$/.test(name))
    expect(files.filter(name => !existsSync(name.replace(/\/$/, '')))).toEqual([])
  })
})

it('docs/operations.md speaks of reasons that sessions have', () => {
  const page = readFileSync('docs/operations.md', 'utf8')
  const code = read('src')
    .concat(read('machines'))
    .map(source => source.text)
    .join('\n')
  const table = page.slice(page.indexOf('## Troubleshooting'))
  const reasons = [...table.matchAll(/^\| (?:`\w+`(?:, )?)+/gm)].flatMap(([row]) =>
    [...row.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name!),
  )
  expect(reasons.length).toBeGreaterThan(5)
  expect(reasons.filter(name => !code.includes(`'${name}'`))).toEqual([])
})
