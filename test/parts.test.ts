import { existsSync, globSync, readFileSync } from 'node:fs'
import { matchesGlob } from 'node:path'
import { describe, expect, it } from 'vitest'
import { OTHERS, type Part, PURE_FILES, SLOW, UNIT } from './parts.ts'

const PARTS = [UNIT, ...OTHERS]
const files = globSync('test/**/*.test.ts')
const isIn = (file: string, { include, exclude }: Part) =>
  include.some(glob => matchesGlob(file, glob)) && !exclude.some(glob => matchesGlob(file, glob))

describe('the suite', () => {
  it('has each test file in exactly one of its parts', () => {
    expect(files.length).toBeGreaterThan(150)
    const parts = files.map(file => [file, PARTS.filter(part => isIn(file, part)).map(({ name }) => name)])
    expect(parts.filter(([, names]) => names!.length !== 1)).toEqual([])
  })

  it.each(PARTS)('has files in the part $name, and a script that runs them', part => {
    expect(files.filter(file => isIn(file, part))).not.toEqual([])
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'))
    expect(scripts[`test:${part.name}`]).toBe(`vitest run --project ${part.name}`)
  })

  it('has no script for a part that is none', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'))
    const named = Object.keys(scripts).filter(name => name.startsWith('test:'))
    expect(named.sort()).toEqual(PARTS.map(({ name }) => `test:${name}`).sort())
  })

  it('has in the part unit each file that is called pure, and none of them starts a process or a WhatsApp', () => {
    const named = PURE_FILES.map(glob => files.filter(file => matchesGlob(file, glob)))
    expect(named.filter(found => found.length > 0)).toHaveLength(PURE_FILES.length / 2)
    const pure = named.flat()
    expect(pure.filter(file => !isIn(file, UNIT))).toEqual([])
    const loud = /node:child_process|simulator\/simulator\.ts|run-command\.ts|start-simulator\.ts|vi\.mock\(/
    expect(pure.filter(file => loud.test(readFileSync(file, 'utf8')))).toEqual([])
  })

  // The files of the unit part share a process: what one of them mocks, the next would get.
  it('mocks no module in the part unit that is not loaded anew afterwards', () => {
    const mocking = files.filter(file => isIn(file, UNIT) && file !== 'test/parts.test.ts')
    const texts = mocking.map(file => [file, readFileSync(file, 'utf8')] as const)
    const careless = texts.filter(
      ([, text]) => text.includes('vi.mock(') && !/afterAll\(.*resetModules/.test(text),
    )
    expect(careless.map(([file]) => file)).toEqual([])
  })

  it('begins with its slow files, which exist', () => {
    expect(Object.keys(SLOW).filter(file => !existsSync(file))).toEqual([])
  })
})
