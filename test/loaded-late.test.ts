import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'

/** For pictures, for Redis, for QRs, for buckets, and for PostgreSQL. */
const LATE = ['sharp', '@img', 'bullmq', 'ioredis', 'qrcode', 'pngjs', '@aws-sdk', '@smithy', 'pg']

it('what few need is loaded when it is first used, and of undici what is used', () => {
  const program = `
    import { createRequire } from 'node:module'
    await import('./src/app.ts')
    const loaded = Object.keys(createRequire(import.meta.url).cache)
    const undici = loaded.filter(file => file.includes('node_modules/undici/')).length
    const packages = loaded.map(file => file.split('node_modules/').at(-1).split('/')[0])
    console.log(JSON.stringify({ packages: [...new Set(packages)], undici }))`
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  const { packages, undici } = JSON.parse(printed.trim().split('\n').at(-1)!) as {
    packages: string[]
    undici: number
  }
  expect(undici).toBeLessThan(40)
  expect(packages).toContain('pino')
  expect(packages.filter(name => LATE.includes(name))).toEqual([])
})

it("the store's thread loads what it writes with, and nothing that checks JSON", () => {
  const program = `
    import { registerHooks } from 'node:module'
    const urls = []
    registerHooks({
      resolve(specifier, context, next) {
        const resolved = next(specifier, context)
        urls.push(resolved.url)
        return resolved
      },
    })
    // It ends at once, because this is no thread; what it needs is loaded by then.
    await import('./src/store/writer/writer.worker.ts').catch(() => {})
    const packages = urls.filter(url => url.includes('node_modules/')).map(url => url.split('node_modules/').at(-1).split('/')[0])
    console.log(JSON.stringify({ files: urls.length, packages: [...new Set(packages)] }))`
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  const { files, packages } = JSON.parse(printed.trim().split('\n').at(-1)!) as {
    files: number
    packages: string[]
  }
  expect(files).toBeGreaterThan(20)
  expect(packages).toEqual(['lru-cache'])
})

const CACHE = { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE }

/** Packages that a whole start and stop of the manager loads, by `import` and by `require`. */
function loadedByAStart(env: Record<string, string>): string[] {
  const dataDir = mkdtempSync(join(tmpdir(), 'loaded-late-'))
  const program = `
    import { registerHooks } from 'node:module'
    const loaded = new Set()
    registerHooks({
      load(url, context, next) {
        const name = /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)?.[1]
        if (name !== undefined) loaded.add(name)
        return next(url, context)
      },
    })
    await import('./src/main.ts')
    process.on('exit', () => process.stdout.write(JSON.stringify([...loaded])))
    process.kill(process.pid, 'SIGTERM')`
  try {
    const printed = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      env: { ...CACHE, PATH: process.env.PATH, DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'silent', ...env },
    })
    return JSON.parse(printed.trim().split('\n').at(-1)!) as string[]
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

it('of OpenTelemetry nothing is loaded until a variable asks for it, of OpenAPI until somebody does', () => {
  // prom-client requires its API.
  const isOtel = (name: string) => /^@opentelemetry\/(?!api$)/.test(name)
  const unasked = loadedByAStart({ OTEL_SERVICE_NAME: 'x' })
  expect(unasked).toContain('pino')
  expect(unasked.filter(isOtel)).toEqual([])
  expect(unasked).not.toContain('zod-openapi')
  expect(unasked.filter(name => /^(?:@aws|@smithy|pg)/.test(name))).toEqual([])
  const asked = loadedByAStart({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' })
  expect(asked).toEqual(expect.arrayContaining(['@opentelemetry/sdk-trace']))
}, 60_000)
