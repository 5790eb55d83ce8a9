import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { VARIABLES } from '../../src/config/variables.ts'
import { AUDIO_CONTAINERS, VIDEO_CONTAINERS } from '../../src/media/convert/containers.ts'
import { arrowsOf, importsOf, read, withoutComments } from '../architecture/house.ts'
import { createTestHttp } from '../http/fakes.ts'

const text = (file: string) => readFileSync(file, 'utf8')
const { scripts, dependencies } = JSON.parse(text('package.json')) as {
  scripts: Record<string, string>
  dependencies: Record<string, string>
}
const dockerfile = text('Dockerfile')
const COMPOSE = ['compose.yaml', 'deploy/compose.laravel.yaml', 'deploy/compose.simulator.yaml']
const unit = text('deploy/whatsapp-manager.service')
const nginx = text('deploy/nginx.conf')

/** What the image has of the project, from `COPY from to` of its last stage. */
const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, from]) => from!.split(' '))
const folders = copied.filter(name => !name.includes('.') && name !== 'LICENSE')
/** What Node is given by `npm start`, without the file of variables. */
const start = scripts.start!.split(' ').filter(word => !word.startsWith('--env-file'))
/** Read by Node, not by us. */
const OF_NODE = ['NODE_ENV', 'NODE_COMPILE_CACHE', 'NODE_EXTRA_CA_CERTS']
const isKnown = (name: string) => name in VARIABLES || OF_NODE.includes(name)
/** `NAME: value` and `NAME=value`. */
const variablesIn = (lines: string) =>
  [...lines.matchAll(/^\s*([A-Z][A-Z0-9_]+)[:=]/gm)].map(([, name]) => name!)

/** Types are gone when it runs. */
const run = (code: string) => withoutComments(code).replace(/\bimport type [^'"]*['"][^'"]+['"]/g, '')

describe('The Dockerfile', () => {
  it('copies files that exist, and that .dockerignore lets through', () => {
    const allowed = [...text('.dockerignore').matchAll(/^!(.+)$/gm)].map(([, name]) => name!)
    expect(copied).toEqual(expect.arrayContaining(['package.json', 'src', 'import', 'migrate']))
    expect(copied.filter(name => !existsSync(name) || !allowed.includes(name))).toEqual([])
    expect(allowed.filter(name => !copied.includes(name))).toEqual([])
  })

  it('copies every folder that what it copies imports, and installs every package', () => {
    const shipped = folders.flatMap(read)
    const outside = shipped.flatMap(source =>
      arrowsOf(source).filter(path => !folders.includes(path.split('/')[0]!)),
    )
    expect(outside).toEqual([])
    const packages = shipped
      .flatMap(source => importsOf(run(source.text)).map(name => [source.path, name] as const))
      .filter(([, name]) => !/^(?:[./]|node:)/.test(name))
      .map(
        ([path, name]) =>
          [
            path,
            name
              .split('/')
              .slice(0, name.startsWith('@') ? 2 : 1)
              .join('/'),
          ] as const,
      )
    expect(packages.filter(([, name]) => !(name in dependencies))).toEqual([])
  })

  it('starts what npm start starts, as nobody, and stops it by its own signal', () => {
    const command = /^CMD (\[.+\])$/m.exec(dockerfile.split('\nHEALTHCHECK')[1]!)?.[1]
    expect(JSON.parse(command!)).toEqual(start)
    expect(existsSync(start.at(-1)!)).toBe(true)
    expect(dockerfile).toMatch(/^USER 10001:10001$/m)
    expect(dockerfile).toMatch(/^STOPSIGNAL SIGTERM$/m)
  })

  it('sets variables that are read, and listens where its port is', () => {
    const set = /^ENV ((?:.+\\\n)*.+)$/m.exec(dockerfile)![1]!
    const names = variablesIn(set.replaceAll('\\', ''))
    expect(names).toHaveLength(5)
    expect(names.filter(name => !isKnown(name))).toEqual([])
    expect(/PORT=(\d+)/.exec(set)?.[1]).toBe(/^EXPOSE (\d+)$/m.exec(dockerfile)?.[1])
  })

  it('asks for its health on a route that answers without a key', () => {
    const path = /\$\{process\.env\.PORT\}(\/[\w/]+)/.exec(dockerfile)![1]!
    const { app } = createTestHttp()
    expect(app.routes.map(({ method, path }) => `${method} ${path}`)).toContain(`GET ${path}`)
    expect(path).toBe('/health/live')
  })

  it('builds an ffmpeg that has what src/media asks of it', () => {
    const built = (kind: string) =>
      [...dockerfile.matchAll(new RegExp(`--enable-${kind}=([\\w,]+)`, 'g'))].flatMap(([, list]) =>
        list!.split(','),
      )
    const media = read('src/media')
      .map(source => source.text)
      .join('\n')
    const asked = [...media.matchAll(/'-c:[av]',\s*'(\w+)'/g)].map(([, name]) => name!)
    expect(new Set(asked)).toEqual(new Set(['aac', 'libmp3lame', 'libopus', 'libx264', 'mjpeg', 'png']))
    expect(asked.filter(name => !built('encoder').includes(name))).toEqual([])
    const muxers = [...media.matchAll(/'-f',\s*'(\w+)',\s*(?:'pipe:1'|target)/g)].map(([, name]) => name!)
    expect(new Set(muxers)).toEqual(new Set(['image2pipe', 'mp3', 'mp4', 'ogg', 's16le']))
    const known = [...built('muxer'), 's16le']
    expect(muxers.filter(name => !known.includes(name))).toEqual([])
    const containers = new Set([...Object.values(AUDIO_CONTAINERS), ...Object.values(VIDEO_CONTAINERS)])
    expect(new Set(built('demuxer'))).toEqual(containers)
    expect(built('protocol')).toEqual(['file', 'pipe'])
  })
})

describe.each(COMPOSE)('%s', file => {
  const compose = text(file)

  it('gives the manager variables that are read', () => {
    const manager = /^ {2}manager:\n((?: {4}.*\n|\n)+)/m.exec(compose)![1]!
    const given = variablesIn(manager)
    expect(given.length).toBeGreaterThan(2)
    expect(given.filter(name => !isKnown(name))).toEqual([])
  })

  it('takes from .env what is there, but for names of its own', () => {
    const asked = [...compose.matchAll(/\$\{(\w+)/g)].map(([, name]) => name!)
    const ofLaravel = ['LARAVEL_IMAGE', 'WHATSAPP_MANAGER_KEY']
    expect(asked.filter(name => !(name in VARIABLES) && !ofLaravel.includes(name))).toEqual([])
  })

  it('lets the manager end by itself, and write into its volume alone', () => {
    const whole = file.includes('laravel') ? text('compose.yaml') : compose
    const grace = Number(/stop_grace_period: (\d+)s/.exec(whole)?.[1])
    expect(grace * 1000).toBeGreaterThan(Number(VARIABLES.SHUTDOWN_GRACE_MS.fallback))
    expect(whole).toMatch(/^ {4}read_only: true$/m)
  })

  it('names files, scripts and ports that exist', () => {
    const files = [...compose.matchAll(/file: \.\.\/(\S+)/g)].map(([, name]) => name!)
    const programs = [...compose.matchAll(/\[node, ([\w./-]+)/g)].map(([, name]) => name!)
    expect([...files, ...programs].filter(name => !existsSync(name))).toEqual([])
    const ports = [...compose.matchAll(/127\.0\.0\.1:(\d+):(\d+)/g)].flatMap(([, ...both]) => both)
    expect(ports.filter(port => port !== VARIABLES.PORT.fallback)).toEqual([])
  })
})

it('the volume with the sessions is one and the same with and without Laravel, and never the simulated one', () => {
  const [alone, withLaravel, simulated] = COMPOSE.map(file => /^name: (\S+)$/m.exec(text(file))?.[1])
  expect(alone).toBe('whatsapp-manager')
  expect(withLaravel).toBe(alone)
  expect(simulated).toMatch(/simulated/)
})

it('deploy/compose.simulator.yaml gives the simulator flags that it knows, and the manager its address', () => {
  const compose = text('deploy/compose.simulator.yaml')
  const flags = [...compose.matchAll(/--([\w-]+), "(\d+)"/g)].map(
    ([, flag, value]) => [flag!, value!] as const,
  )
  const known = text('simulator/main.ts')
  expect(flags.map(([flag]) => flag)).toEqual(['port', 'admin-port'])
  for (const [flag] of flags) expect(known).toContain(flag)
  expect(compose).toContain(`ws://127.0.0.1:${flags[0]![1]}/ws/chat`)
})

it('deploy/compose.laravel.yaml gives Laravel variables that its package reads', () => {
  const given = [...text('deploy/compose.laravel.yaml').matchAll(/^ {6}(WHATSAPP_\w+):/gm)].map(
    ([, name]) => name!,
  )
  const config = text('packages/laravel/config/whatsapp.php')
  expect(given).toHaveLength(4)
  expect(given.filter(name => !config.includes(`env('${name}'`))).toEqual([])
})

describe('The systemd unit', () => {
  const dir = mkdtempSync(join(tmpdir(), 'unit-'))
  afterAll(() => rmSync(dir, { recursive: true }))
  const analyze = (...args: string[]) =>
    execFileSync('systemd-analyze', args, { encoding: 'utf8', stdio: 'pipe' })
  const hasSystemd = (() => {
    try {
      return /systemd (\d+)/.exec(analyze('--version'))?.[1] ?? null
    } catch {
      return null
    }
  })()

  it('starts what npm start starts, with variables that are read', () => {
    const [node, ...args] = /^ExecStart=(.+)$/m.exec(unit)![1]!.split(' ')
    expect([node!.split('/').at(-1), ...args]).toEqual(start)
    const set = [...unit.matchAll(/^Environment=(\w+)=/gm)].map(([, name]) => name!)
    expect(set.filter(name => !isKnown(name))).toEqual([])
    const directory = /^StateDirectory=(.+)$/m.exec(unit)?.[1]
    expect(unit).toContain(`DATA_DIR=/var/lib/${directory}\n`)
    const seconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])
    expect(seconds * 1000).toBeGreaterThan(Number(VARIABLES.SHUTDOWN_GRACE_MS.fallback))
  })

  it('is one that systemd understands, and exposes little', ({ skip }) => {
    skip(
      hasSystemd === null || Number(hasSystemd) < 252,
      'systemd-analyze 252 is not installed: apt-get install systemd',
    )
    const here = join(dir, 'whatsapp-manager.service')
    const local = unit.replaceAll('/opt/whatsapp-manager', process.cwd()).replace(/^User=.*$/m, 'User=nobody')
    writeFileSync(here, local)
    expect(analyze('verify', '--man=no', here)).toBe('')
    const said = analyze('security', '--offline=yes', '--no-pager', here)
    const level = Number(/Overall exposure level for .+: ([\d.]+)/.exec(said)?.[1])
    expect(level).toBeLessThan(2)
  })
})

it('deploy/nginx.conf leads to the manager, and lets through what it takes', () => {
  expect(nginx).toContain(`server 127.0.0.1:${VARIABLES.PORT.fallback};`)
  const megabytes = Number(/client_max_body_size (\d+)m;/.exec(nginx)?.[1])
  // 16 MB in base64, and the JSON around it.
  expect(megabytes).toBeGreaterThan((16 * 4) / 3 + 1)
  expect(nginx).toMatch(/proxy_buffering off;/)
  expect(Number(/proxy_read_timeout (\d+)s;/.exec(nginx)?.[1])).toBeGreaterThan(2 * 15)
})

describe('The workflow', () => {
  const workflow = text('.github/workflows/ci.yml')

  it('runs .ci/run, and tries every compose file', () => {
    expect(workflow).toMatch(/^ {6}- run: \.ci\/run$/m)
    expect(existsSync('.ci/run')).toBe(true)
    for (const file of COMPOSE.slice(1)) expect(workflow).toContain(`docker compose -f ${file} config`)
  })

  it('gives each variable that the compose files ask for', () => {
    const asked = COMPOSE.flatMap(file => [...text(file).matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name!))
    const image = workflow.slice(workflow.indexOf('\n  image:'))
    expect(asked.filter(name => !variablesIn(image).includes(name))).toEqual([])
  })
})
