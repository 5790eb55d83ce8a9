import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'

const RESOLUTIONS = pathToFileURL('src/base/module-resolutions.ts').href
let dir: string
let file: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'whatsapp-manager-resolutions-'))
  file = join(dir, 'resolutions.json')
  mkdirSync(join(dir, 'node_modules', 'pack'), { recursive: true })
  writeFileSync(join(dir, 'node_modules', 'pack', 'package.json'), '{"type":"module","exports":"./one.js"}')
  for (const name of ['one', 'two'])
    writeFileSync(join(dir, 'node_modules', 'pack', `${name}.js`), `export default '${name}'`)
  writeFileSync(join(dir, 'first.mjs'), "export { default } from 'pack'")
  writeFileSync(join(dir, 'later.mjs'), "import pack from 'pack'; export default pack")
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** What `pack` is to a module, in a process of its own. */
function run(program: string): string {
  const source = `
    const { recordResolutions, recallResolutions } = await import('${RESOLUTIONS}')
    const file = ${JSON.stringify(file)}
    ${program}`
  const args = ['--input-type=module', '-e', source]
  return execFileSync(process.execPath, args, { encoding: 'utf8', cwd: dir }).trim()
}

const print = (name: string) => `console.log((await import('${pathToFileURL(join(dir, name))}')).default)`
const record = () => run(`recordResolutions(file, 'today'); ${print('first.mjs')}`)
const recall = (stamp = 'today') => run(`recallResolutions(file, '${stamp}'); ${print('first.mjs')}`)

/** The package's entry moves, as with another version of it, and nobody says so. */
const move = () =>
  writeFileSync(join(dir, 'node_modules', 'pack', 'package.json'), '{"type":"module","exports":"./two.js"}')

it('imports go where they went when it was recorded, without a look at packages', () => {
  expect(record()).toBe('one')
  move()
  expect(recall()).toBe('one')
})

it('another stamp, a file that is gone, or none: packages are looked at', () => {
  expect(recall()).toBe('one')
  record()
  move()
  expect(recall('tomorrow')).toBe('two')
  rmSync(join(dir, 'node_modules', 'pack', 'one.js'))
  expect(recall()).toBe('two')
})

it('what cannot be read, or written, hinders nobody', () => {
  record()
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, -9))
  expect(recall()).toBe('one')
  rmSync(file)
  mkdirSync(file)
  expect(record()).toBe('one')
})

it('it ends when it is told to, and what was never recorded is looked for', () => {
  record()
  move()
  const program = `const forget = recallResolutions(file, 'today'); ${print('later.mjs')}; forget(); ${print('first.mjs')}`
  expect(run(program).split('\n')).toEqual(['two', 'two'])
})
