import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { ManagerProcess } from '../demo/manager-process.ts'
import { listenAdmin } from '../simulator/admin/server.ts'
import { Simulator } from '../simulator/simulator.ts'
import { VARIABLES } from '../src/config/variables.ts'
import { CURL_MISSING, hasCurl } from './curl.ts'
import { createTestHttp } from './http/fakes.ts'

const shell = promisify(execFile)
const readme = readFileSync('README.md', 'utf8')
const contributing = readFileSync('CONTRIBUTING.md', 'utf8')
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }

/** The rows of the table under a heading, as cells, without its head. */
function tableUnder(heading: string): string[][] {
  const part = readme.slice(readme.indexOf(`\n## ${heading}\n`)).split(/\n#{2,3} /)[1] ?? ''
  const rows = part.split('\n').filter(line => line.startsWith('|'))
  return rows.slice(2).map(row =>
    row
      .split('|')
      .slice(1, -1)
      .map(cell => cell.trim()),
  )
}

const inCode = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(match => match[1]!)

/** Every `curl` in the shell blocks, as it would be pasted. */
const curls = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)]
  .flatMap(match => match[1]!.split('\n'))
  .filter(line => line.startsWith('curl '))

describe('the README', () => {
  it('lists every variable with its default, in the order of .env.example', () => {
    const listed = tableUnder('Configuration').map(([name, value]) => [
      inCode(name!)[0],
      inCode(value!)[0] ?? '',
    ])
    expect(listed).toEqual(Object.entries(VARIABLES).map(([name, { fallback }]) => [name, fallback]))
  })

  it('lists every route that there is, and no other', () => {
    const listed = tableUnder('API').flatMap(([requests]) => inCode(requests!))
    const { app } = createTestHttp()
    const served = app.routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`)
    expect([...new Set(listed)].sort()).toEqual([...new Set(served)].sort())
    expect(listed).toHaveLength(new Set(listed).size)
  })

  it.each([
    'README.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    '.ci/run',
  ])('names only npm scripts that exist: %s', file => {
    const text = readFileSync(file, 'utf8')
    const named = [...text.matchAll(/npm (?:run ([\w:-]+)|(start|test)\b)/g)].map(
      match => match[1] ?? match[2]!,
    )
    expect(named.length).toBeGreaterThan(0)
    for (const name of named) {
      const file = /^node (\S+\.ts)/.exec(scripts[name] ?? '')?.[1]
      expect(scripts, name).toHaveProperty(name)
      if (file !== undefined) expect(existsSync(file), file).toBe(true)
    }
  })

  it('links and points to files that exist', () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(match => match[1]!)
    const folders = tableUnder('Reading the code').flatMap(([paths]) => inCode(paths!))
    expect(folders.length).toBeGreaterThan(10)
    const headings = [...readme.matchAll(/^#+ (.+)$/gm)].map(
      ([, text]) => `#${text!.toLowerCase().replace(/ /g, '-')}`,
    )
    const isThere = (path: string) => headings.includes(path) || existsSync(path)
    expect([...links, ...folders].filter(path => !isThere(path))).toEqual([])
  })

  it('answers to every curl line as printed, on a manager and a simulator', {
    timeout: 120_000,
  }, async ({ skip }) => {
    skip(!hasCurl, CURL_MISSING)
    const directory = mkdtempSync(join(tmpdir(), 'readme-test-'))
    const simulator = new Simulator()
    const whatsapp = await simulator.listen()
    const admin = await listenAdmin(simulator, whatsapp)
    const settings = {
      DATA_DIR: join(directory, 'data'),
      WHATSAPP_URL: whatsapp.url,
      WHATSAPP_ROOT_KEY: whatsapp.rootKey,
    }
    const manager = new ManagerProcess(settings, join(directory, 'manager.log'))
    try {
      await manager.start(0)
      const run = async (line: string) => {
        const here = line
          .replaceAll('http://127.0.0.1:3000', manager.url)
          .replaceAll('http://127.0.0.1:3001', admin.url)
        expect(here).not.toBe(line)
        const { stdout } = await shell('sh', ['-c', here])
        expect(stdout, line).not.toMatch(/^$|"error"/)
        return stdout
      }
      // What is said before the phone scanned comes after it here.
      const later = curls.filter(line => /send-message|inbox|faults/.test(line))
      expect(later).toHaveLength(3)
      for (const line of [...curls.filter(line => !later.includes(line)), ...later])
        await vi.waitFor(() => run(line), { timeout: 30_000, interval: 100 })
      const { inbox } = simulator.contact('34600000002')
      await vi.waitFor(() => expect(inbox.map(({ text }) => text)).toEqual(['Hello']), { timeout: 30_000 })
      expect(simulator.ledger.said.map(({ from, to }) => [from, to])).toEqual([
        ['34600000002', '34600000001'],
      ])
      expect(simulator.counters.registrations).toBe(1)
    } finally {
      await manager.stop('SIGTERM')
      admin.close()
      await simulator.close()
      rmSync(directory, { recursive: true, force: true })
    }
  })
})

describe('CONTRIBUTING.md', () => {
  it('shows code as it stands in the files that it names', () => {
    const blocks = [...contributing.matchAll(/```ts\n\/\/ (\S+)\n([\s\S]*?)```/g)]
    expect(blocks.length).toBeGreaterThan(4)
    for (const [, file, code] of blocks) expect(readFileSync(file!, 'utf8'), file).toContain(code)
  })

  it('names only files that exist', () => {
    const prose = contributing.replace(/```[\s\S]*?```/g, '')
    const paths = inCode(prose).filter(text => /^(?:src|test|machines|docs)\/\S+$/.test(text))
    expect(paths.length).toBeGreaterThan(5)
    expect(paths.filter(path => !existsSync(path))).toEqual([])
  })

  it('lists every part of the suite', () => {
    const parts = Object.keys(scripts).filter(name => name.startsWith('test:'))
    const listed = [...contributing.matchAll(/^\| `npm run (test:\w+)`/gm)].map(match => match[1])
    expect(listed.sort()).toEqual(parts.sort())
  })
})

describe('.ci/run', () => {
  it('can be executed, and is a script that bash understands', async () => {
    expect(statSync('.ci/run').mode & 0o111).toBe(0o111)
    await shell('bash', ['-n', '.ci/run'])
  })

  it('installs, checks and plays the demo, and stops at the first failure', () => {
    const script = readFileSync('.ci/run', 'utf8')
    expect(script).toContain('set -euo pipefail')
    expect(script.match(/^step .+$/gm)).toEqual([
      'step npm ci',
      'step npm run check',
      'step npm run demo -- --exit',
    ])
  })
})
