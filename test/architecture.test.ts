import { describe, expect, it } from 'vitest'
import {
  arrowsOf,
  BESIDE,
  circlesIn,
  filesByFolder,
  importsOf,
  linesOf,
  medianLines,
  PRODUCT,
  read,
  type Source,
  withoutComments,
} from './architecture/house.ts'
import { asksByName, knownParts, partOf, violations } from './architecture/rules.ts'

const MAX_LINES = 300
const MAX_LINES_OF_TESTS = 400
const MAX_MEDIAN = 89
const MAX_FILES_OF_A_FOLDER = 19

const tooLong =
  (most: number) =>
  (source: Source): string[] =>
    linesOf(source) > most ? [`${source.path} has ${linesOf(source)} lines`] : []

const product = PRODUCT.flatMap(read)
const beside = BESIDE.flatMap(read)
const house = [...product, ...beside]

describe('The tree of the project', () => {
  it('is read whole', () => {
    expect(house.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['machines/facts.ts', 'src/ports/store.ts', 'simulator/main.ts']),
    )
    const imports = house.flatMap(({ text }) => importsOf(withoutComments(text)))
    expect(imports.length).toBeGreaterThan(100)
  })

  it('has no part without a rule of imports', () => {
    const parts = new Set(house.map(({ path }) => partOf(path)).filter(part => part !== 'facts'))
    expect([...parts].filter(part => !knownParts().includes(part))).toEqual([])
  })

  it('has only imports that its rules allow, between parts and between rooms of a part', () => {
    expect(house.flatMap(violations)).toEqual([])
  })

  it('has no files that import each other in a circle, types included', () => {
    expect(circlesIn(house)).toEqual([])
  })

  it('has no file of the product over 300 lines, and none over 400 elsewhere', () => {
    expect(product.flatMap(tooLong(MAX_LINES))).toEqual([])
    expect([...beside, ...read('test')].flatMap(tooLong(MAX_LINES_OF_TESTS))).toEqual([])
  })

  it('has small files: half of the product is under 90 lines', () => {
    expect(medianLines(product)).toBeLessThanOrEqual(MAX_MEDIAN)
  })

  it('has under 20 files in every folder', () => {
    const crowded = [...filesByFolder(house)].filter(([, files]) => files > MAX_FILES_OF_A_FOLDER)
    expect(crowded).toEqual([])
  })

  it('has at the head of each patch: library and version, upstream issue, what goes wrong, and which test says when it can go', () => {
    const patches = product.filter(
      ({ path }) => /(?:^|\/)patches\//.test(path) && !path.endsWith('load-libsignal.ts'),
    )
    expect(patches.length).toBeGreaterThan(10)
    const head =
      /^\/\*\*\n \* (?:Baileys|libsignal|Node) \d[^\n]*\bUpstream: [\s\S]+?\n \*\n[\s\S]+\n \*\n \* It can go when [\s\S]+?(?:test\/\S+\.test\.ts|No test can say so)/
    expect(patches.filter(({ text }) => !head.test(text)).map(({ path }) => path)).toEqual([])
    const notThere = patches.filter(patch => {
      const where = /^ \* Applied in (\S+?\.ts)/m.exec(patch.text)?.[1]
      const applies = product.find(({ path }) => path === where)
      return applies === undefined || !arrowsOf(applies).includes(patch.path)
    })
    expect(notThere.map(({ path }) => path)).toEqual([])
  })

  it('asks for tags of the chart, never for the name of a state', () => {
    // What older versions called a state is known by its name alone.
    const asking = product.filter(({ path }) => path !== 'machines/session.upcasters.ts')
    expect(asking.flatMap(asksByName)).toEqual([])
  })
})

describe('The rules', () => {
  const caught: [string, string, RegExp][] = [
    ['machines/a.machine.ts', "import { z } from 'zod'", /imports zod/],
    ['machines/a.machine.ts', "import { readFile } from 'node:fs'", /imports node:fs/],
    ['machines/a.machine.ts', "import { x } from '../src/base/errors.ts'", /imports src\/base\/errors/],
    ['machines/facts.ts', "import { setup } from 'xstate'", /imports xstate/],
    ['machines/facts.ts', "import { a } from './a.machine.ts'", /imports machines\/a/],
    ['machines/a.machine.ts', 'const at = Date.now()', /clock/],
    ['machines/a.machine.ts', 'const at = new Date()', /clock/],
    ['machines/a.machine.ts', 'const delay = 1000 * Math.random()', /clock/],
    ['src/http/a.ts', "import { b } from '../sessions/b.ts'", /imports src\/sessions/],
    ['src/http/a.ts', "import type { B } from '../sessions/b.ts'", /imports src\/sessions/],
    ['src/http/a.ts', "import {\n  b,\n} from '../store/b.ts'", /imports src\/store/],
    ['src/http/a.ts', "export * from '../whatsapp/jid.ts'", /imports src\/whatsapp/],
    ['src/http/a.ts', "import '../queue/in-process.ts'", /imports src\/queue/],
    ['src/http/a.ts', "const b = await import('../laravel/client.ts')", /imports src\/laravel/],
    [
      'src/http/a.ts',
      "new Worker(new URL('../store/writer.worker.ts', import.meta.url))",
      /imports src\/store/,
    ],
    ['src/http/a.ts', "import { loadConfig } from '../config.ts'", /imports src\/config/],
    ['src/http/a.ts', "import { createApp } from '../app.ts'", /imports src\/app/],
    [
      'src/http/a.ts',
      "import { sessionMachine } from '../../machines/session.machine.ts'",
      /imports machines\/session/,
    ],
    ['src/sessions/a.ts', "import { createApp } from '../app.ts'", /imports src\/app/],
    ['src/store/a.ts', "import { b } from '../laravel/b.ts'", /imports src\/laravel/],
    ['src/ports/a.ts', "import { b } from '../store/b.ts'", /imports src\/store/],
    ['src/messages/a.ts', "import { b } from '../ports/b.ts'", /imports src\/ports/],
    ['src/base/a.ts', "import { b } from '../messages/b.ts'", /imports src\/messages/],
    ['src/config.ts', "import { b } from './ports/b.ts'", /imports src\/ports/],
    ['src/main.ts', "import { openStore } from './store/sqlite.ts'", /imports src\/store/],
    ['src/app.ts', "import { Simulator } from '../simulator/simulator.ts'", /imports simulator/],
    ['src/app.ts', "import { story } from '../demo/demo-steps.ts'", /imports demo/],
    ['demo/a.ts', "import { openStore } from '../src/store/sqlite.ts'", /imports src\/store/],
    ['simulator/a.ts', "import { GatewayError } from '../src/base/errors.ts'", /imports src\/base/],
    ['simulator/a.ts', "import type { Fact } from '../machines/facts.ts'", /imports machines\/facts/],
    ['patches/a.ts', "import { b } from '../src/base/b.ts'", /imports src\/base/],
    ['src/utils/a.ts', "import { GatewayError } from '../base/errors.ts'", /imports src\/base/],
    ['src/http/a.ts', "import { fake } from '../../test/http/fakes.ts'", /outside the house/],
    ['src/http/a.ts', "import { b } from './b'", /without \.ts/],
    ['src/sessions/a.ts', "import { proto } from '@whiskeysockets/baileys'", /imports Baileys/],
    [
      'src/laravel/a.ts',
      "import type { WAMessage } from '@whiskeysockets/baileys/lib/Types/index.js'",
      /imports Baileys/,
    ],
    [
      'src/store/a.ts',
      "const s = createRequire(import.meta.url).resolve; require('libsignal')",
      /imports Baileys/,
    ],
    ['src/http/a.ts', 'const port = process.env.PORT', /process\.env/],
    ['src/config.ts', 'const port = process.env.PORT', /process\.env/],
    ['src/app.ts', 'const { env } = process', /process\.env/],
    ['src/http/a.ts', "console.log('listening')", /console/],
    ['simulator/a.ts', "globalThis.console['log']('x')", /console/],
    ['src/sessions/host/a.ts', "import { b } from '../sending/b.ts'", /another room/],
    ['src/whatsapp/keys/a.ts', "import type { B } from '../receiving/b.ts'", /another room/],
    ['simulator/media/a.ts', "import { b } from '../phones/b.ts'", /another room/],
    ['src/openapi/a.ts', "import { b } from '../http/routes/b.ts'", /no schema/],
    ['src/http/a.ts', 'export default function a() {}', /default export/],
  ]
  it.each(caught)('refuse in %s: %s', (path, text, sentence) => {
    expect(violations({ path, text }).join('\n')).toMatch(sentence)
  })

  it('allow the same words in a comment, and imports that are fine', () => {
    const allowed: [string, string][] = [
      [
        'machines/a.machine.ts',
        "import { setup } from 'xstate' // no Date.now() here\nimport type { F } from './facts.ts'",
      ],
      [
        'src/http/a.ts',
        "/** Not process.env, not console.log: import x from '../store/x.ts' */\nimport { b } from './b.ts'",
      ],
      [
        'src/http/a.ts',
        "import type { Sessions } from '../ports/sessions.ts'\nimport type { F } from '../../machines/facts.ts'",
      ],
      ['src/sessions/a.ts', "import { sessionMachine } from '../../machines/session.machine.ts'"],
      ['src/whatsapp/a.ts', "import { proto } from '@whiskeysockets/baileys'"],
      ['simulator/main.ts', "console.log('ready')"],
      ['src/main.ts', 'loadConfig(process.env)'],
      ['demo/run.ts', "import { Simulator } from '../simulator/simulator.ts'"],
      [
        'src/app.ts',
        "import { createHttp } from './http/server.ts'\nimport type { Config } from './config.ts'",
      ],
    ]
    for (const [path, text] of allowed) expect(violations({ path, text })).toEqual([])
  })

  it('refuse a file of 301 lines', () => {
    const of = (lines: number) => tooLong(300)({ path: 'src/a.ts', text: 'a\n'.repeat(lines) })
    expect(of(300)).toEqual([])
    expect(of(301)).toEqual(['src/a.ts has 301 lines'])
  })

  it('refuse a circle of three files, types included', () => {
    const sources = [
      { path: 'src/http/a.ts', text: "import type { B } from './b.ts'" },
      { path: 'src/http/b.ts', text: "import { c } from '../http/c.ts'" },
      { path: 'src/http/c.ts', text: "import { a } from './a.ts'" },
    ]
    expect(circlesIn(sources)).toEqual(['src/http/a.ts -> src/http/b.ts -> src/http/c.ts -> src/http/a.ts'])
    expect(circlesIn(sources.slice(1))).toEqual([])
  })

  it('refuse a question for the name of a state', () => {
    for (const text of ["state.startsWith('open.')", "row.state === 'awaitingQr.publishing'"])
      expect(asksByName({ path: 'src/a.ts', text })).toHaveLength(1)
    for (const text of ["hasTag(state, 'open')", "address.startsWith('opening')", "view.state === 'open'"])
      expect(asksByName({ path: 'src/a.ts', text })).toEqual([])
  })
})
