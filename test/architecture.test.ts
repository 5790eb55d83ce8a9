import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, expect, it } from 'vitest'

/** The arrows of the house: which part may import which. A part is a folder of `src/`, `machines`, or a single file. */
const ADAPTERS = ['http', 'sessions', 'whatsapp', 'laravel', 'media', 'store', 'queue']
const SEAMS = [
  'ports',
  'session-ports',
  'records',
  'contract',
  'errors',
  'logger',
  'loopback',
  'memory',
  'pause',
]
const MAY_IMPORT: Record<string, string[]> = {
  machines: [],
  errors: [],
  logger: [],
  loopback: [],
  memory: [],
  pause: ['ports'],
  clock: ['ports'],
  contract: [],
  config: ['errors', 'loopback'],
  ports: ['contract', 'records', 'facts'],
  'session-ports': ['contract', 'records'],
  records: ['contract', 'facts'],
  ...Object.fromEntries(ADAPTERS.map(adapter => [adapter, [...SEAMS, 'facts']])),
  sessions: [...SEAMS, 'facts', 'machines'],
  app: [...ADAPTERS, ...SEAMS, 'clock', 'config', 'facts'],
  main: ['app', 'config', 'errors', 'logger'],
  simulator: [],
  demo: ['app', 'main', 'config', 'errors', 'simulator'],
}

const MAX_LINES = 400

interface Source {
  /** From the root of the repository, `src/http/server.ts`. */
  path: string
  text: string
}

/** `src/http/routes/qr.ts` -> `http`, `src/app.ts` -> `app`, `machines/facts.ts` -> `facts` (the vocabulary, for everybody). */
function partOf(path: string): string {
  if (path === 'machines/facts.ts') return 'facts'
  if (path.startsWith('machines/')) return 'machines'
  return path.split('/')[1]!.replace(/\.ts$/, '')
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}

/** Every module that a file names: static, side-effect and dynamic imports, re-exports, require, workers. */
function importsOf(text: string): string[] {
  const patterns = [
    /\b(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/g,
    /\bimport\s*['"]([^'"]+)['"]/g,
    /\b(?:import|require|import\.meta\.resolve)\s*\(\s*['"`]([^'"`]+)['"`]/g,
    /\bnew URL\(\s*['"]([^'"]+\.ts)['"]/g,
  ]
  return patterns.flatMap(pattern => [...text.matchAll(pattern)].map(match => match[1]!))
}

/** One sentence for each rule that a file of the product breaks. */
function violations({ path, text }: Source): string[] {
  const found: string[] = []
  const code = withoutComments(text)
  const part = partOf(path)
  for (const name of importsOf(code)) {
    if (name.startsWith('.')) {
      const target = posix.join(posix.dirname(path), name)
      const other = partOf(target)
      const inside = other === part || (part === 'machines' && other === 'facts')
      if (!/^(?:src|machines)\//.test(target)) found.push(`${path} imports ${name}, outside the product`)
      else if (!inside && !(MAY_IMPORT[part] ?? []).includes(other)) found.push(`${path} imports ${target}`)
      if (!target.endsWith('.ts')) found.push(`${path} imports ${name} without .ts`)
    } else {
      if (/^(?:@whiskeysockets\/|baileys|libsignal)/.test(name) && !['whatsapp', 'simulator'].includes(part))
        found.push(`${path} imports Baileys`)
      if (part === 'machines' && name !== 'xstate') found.push(`${path} imports ${name}`)
      if (part === 'facts') found.push(`${path} imports ${name}`)
    }
  }
  if (
    path.startsWith('machines/') &&
    /\bDate\.now\b|\bMath\.random\b|\bnew Date\b|\bDate\(|\bperformance\b|\brandomUUID\b/.test(code)
  )
    found.push(`${path} has a clock or a die`)
  if (
    /\bprocess\s*(?:\.|\?\.)\s*env\b|\benv\b[^=;]*\}\s*=\s*process\b/.test(code) &&
    !['main', 'demo'].includes(part)
  )
    found.push(`${path} reads process.env`)
  if (
    /\bconsole\s*(?:\.(?!ts\b)|\[)/.test(code) &&
    !['main', 'demo'].includes(part) &&
    path !== 'simulator/main.ts'
  )
    found.push(`${path} uses console`)
  if (/\bexport\s+default\b/.test(code)) found.push(`${path} has a default export`)
  return found
}

function tooLong({ path, text }: Source): string[] {
  const lines = text.trimEnd().split('\n').length
  return lines > MAX_LINES ? [`${path} has ${lines} lines`] : []
}

function read(folder: string): Source[] {
  const root = new URL('../', import.meta.url)
  return readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => ({
      path: `${folder}/${name}`,
      text: readFileSync(new URL(`${folder}/${name}`, root), 'utf8'),
    }))
}

const product = [...read('machines'), ...read('src')]

describe('the house', () => {
  it('is read whole', () => {
    expect(product.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['machines/facts.ts', 'src/ports.ts']),
    )
    const imports = product.flatMap(({ text }) => importsOf(withoutComments(text)))
    expect(imports.length).toBeGreaterThan(100)
  })

  it('has no part that the arrows forget', () => {
    const parts = new Set(product.map(({ path }) => partOf(path)).filter(part => part !== 'facts'))
    expect([...parts].filter(part => !(part in MAY_IMPORT))).toEqual([])
  })

  it('keeps its arrows', () => {
    expect(product.flatMap(violations)).toEqual([])
  })

  it('has no file over 400 lines, tests included', () => {
    expect([...product, ...read('test')].flatMap(tooLong)).toEqual([])
  })
})

describe('a violation is caught', () => {
  const caught: [string, string, RegExp][] = [
    ['machines/a.machine.ts', "import { z } from 'zod'", /imports zod/],
    ['machines/a.machine.ts', "import { readFile } from 'node:fs'", /imports node:fs/],
    ['machines/a.machine.ts', "import { x } from '../src/base/errors.ts'", /imports src\/errors/],
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
    ['src/ports.ts', "import { b } from './store/b.ts'", /imports src\/store/],
    ['src/contract.ts', "import { b } from './ports.ts'", /imports src\/ports/],
    ['src/base/errors.ts', "import { b } from './contract.ts'", /imports src\/contract/],
    ['src/config.ts', "import { b } from './ports.ts'", /imports src\/ports/],
    ['src/main.ts', "import { openStore } from './store/sqlite.ts'", /imports src\/store/],
    ['src/app.ts', "import { Simulator } from './simulator/simulator.ts'", /imports src\/simulator/],
    ['src/app.ts', "import { story } from './demo.ts'", /imports src\/demo/],
    ['src/demo/a.ts', "import { openStore } from '../store/sqlite.ts'", /imports src\/store/],
    ['src/simulator/a.ts', "import { GatewayError } from '../errors.ts'", /imports src\/errors/],
    ['src/simulator/a.ts', "import type { Fact } from '../../machines/facts.ts'", /imports machines\/facts/],
    ['src/utils/a.ts', "import { GatewayError } from '../errors.ts'", /imports src\/errors/],
    ['src/http/a.ts', "import { fake } from '../../test/http/fakes.ts'", /outside the product/],
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
    ['src/simulator/a.ts', "globalThis.console['log']('x')", /console/],
    ['src/http/a.ts', 'export default function a() {}', /default export/],
  ]
  it.each(caught)('%s: %s', (path, text, sentence) => {
    expect(violations({ path, text }).join('\n')).toMatch(sentence)
  })

  it('and the same words in a comment, or an import that is allowed, are not', () => {
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
        "import type { Sessions } from '../ports.ts'\nimport type { F } from '../../machines/facts.ts'",
      ],
      ['src/sessions/a.ts', "import { sessionMachine } from '../../machines/session.machine.ts'"],
      ['src/whatsapp/a.ts', "import { proto } from '@whiskeysockets/baileys'"],
      ['simulator/main.ts', "console.log('ready')"],
      ['src/main.ts', 'loadConfig(process.env)'],
      [
        'demo/run.ts',
        "import { Simulator } from './simulator/simulator.ts'\nimport { createApp } from './app.ts'",
      ],
      [
        'src/app.ts',
        "import { createHttp } from './http/server.ts'\nimport type { Config } from './config.ts'",
      ],
    ]
    for (const [path, text] of allowed) expect(violations({ path, text })).toEqual([])
  })

  it('a file of 401 lines', () => {
    expect(tooLong({ path: 'src/a.ts', text: 'a\n'.repeat(400) })).toEqual([])
    expect(tooLong({ path: 'src/a.ts', text: 'a\n'.repeat(401) })).toEqual(['src/a.ts has 401 lines'])
  })
})
