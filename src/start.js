/**
 * The first file of the process. It is JavaScript because a thread that has to strip types holds 18 MB for that ever after: what was
 * stripped and compiled once comes out of Node's compile cache, and a cache that lacks it is filled by a process that ends again.
 */

import { spawnSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import * as modules from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cachedDataVersionTag } from 'node:v8'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const SOURCES = ['src', 'machines', 'patches']
/** Written by each install of packages: an import may lead to another file from then on. */
const PACKAGES = join(ROOT, 'node_modules', '.package-lock.json')
/** Starts the manager, loads what it loads late, and stops it; where imports led to stays in a file. */
const UP_AND_DOWN = `
  const { useModuleStandIns } = await import('./src/base/module-stand-ins.ts')
  const { recordResolutions } = await import('./src/base/module-resolutions.ts')
  useModuleStandIns()
  recordResolutions(...JSON.parse(process.env.RESOLUTIONS))
  await import('./src/main.ts')
  await import('./src/cluster/ownership.ts')
  await import('./src/dashboard/dashboard.ts')
  await import('./src/inspector/hub.ts')
  await import('./src/media/s3/s3-media-store.ts')
  await import('./src/openapi/documentation.ts')
  await import('./src/store/postgres/owners.ts')
  await import('./src/store/postgres/postgres.ts')
  await import('./src/telemetry/tracing.ts')
  process.kill(process.pid, 'SIGTERM')`
const FILL_MS = 60_000

if (Number.parseInt(process.versions.node, 10) < 24) {
  process.stderr.write(
    `Node ${process.versions.node} is too old: run \`npm start\`, which brings Node 24 along.\n`,
  )
  process.exit(1)
}

// The kernel keeps from process 1 of a container what it does not listen for: `docker stop` of one that starts would wait, then kill.
const END_EARLY = () => process.exit(0)
const SIGNALS = ['SIGTERM', 'SIGINT']
for (const signal of SIGNALS) process.on(signal, END_EARLY)

const CACHE = process.env.NODE_COMPILE_CACHE || join(ROOT, 'node_modules', '.cache', 'node')
/** One cache may serve several checkouts, versions of V8 and users. */
const OWN = `${hash('sha1', ROOT).slice(0, 12)}-${cachedDataVersionTag()}-${process.getuid?.()}`
const RESOLUTIONS = join(CACHE, `resolutions-${OWN}.json`)
/** Names all that depends on the sources and packages of one moment. */
let stamp = ''
// Where nothing can be written there is none.
if (modules.enableCompileCache(CACHE).directory !== undefined) {
  // The store's thread has one of its own.
  process.env.NODE_COMPILE_CACHE = CACHE
  const filled = join(CACHE, `filled-${OWN}`)
  stamp = `${process.version} ${timeOf(PACKAGES)} ${changedAt()} ${process.env.NODE_OPTIONS ?? ''}`
  if (textOf(filled) !== stamp) fill(filled)
}
const { useModuleStandIns } = await import('./base/module-stand-ins.ts')
const { recallResolutions } = await import('./base/module-resolutions.ts')
useModuleStandIns()
const forget = recallResolutions(RESOLUTIONS, stamp)
await import('./main.ts')
for (const signal of SIGNALS) process.off(signal, END_EARLY)
forget()

/** When the newest source was written. */
function changedAt() {
  const files = SOURCES.flatMap(dir =>
    readdirSync(join(ROOT, dir), { recursive: true, withFileTypes: true }).filter(entry => entry.isFile()),
  )
  return Math.max(...files.map(({ parentPath, name }) => timeOf(join(parentPath, name))))
}

function timeOf(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

function textOf(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : null
}

/** Whatever goes wrong with it only costs memory, and is not tried again at each start. */
function fill(filled) {
  if (process.stderr.isTTY) process.stderr.write('Compiling the sources, once: a few seconds …\n')
  try {
    const data = mkdtempSync(join(CACHE, 'data-'))
    const env = {
      ...{ NODE_COMPILE_CACHE: CACHE, RESOLUTIONS: JSON.stringify([RESOLUTIONS, stamp]) },
      ...{ DATA_DIR: data, PORT: '0', LOG_LEVEL: 'silent' },
    }
    const program = ['--input-type=module', '-e', UP_AND_DOWN]
    const options = { cwd: ROOT, env, stdio: 'ignore', timeout: FILL_MS }
    writeFileSync(filled, stamp)
    spawnSync(process.execPath, program, options)
    rmSync(data, { recursive: true, force: true })
  } catch {}
}
