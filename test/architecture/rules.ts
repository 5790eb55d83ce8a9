import { posix } from 'node:path'
import { arrowsOf, importsOf, type Source, withoutComments } from './house.ts'

/**
 * The arrows of the house: which part may import which. A part is a folder at the top, a folder of `src/`, or one of the files
 * that stand in `src/` itself; `facts` is `machines/facts.ts`, the vocabulary, which is everybody's.
 */
const ADAPTERS = [
  'cluster',
  'dashboard',
  'http',
  'inspector',
  'sessions',
  'whatsapp',
  'laravel',
  'media',
  'metrics',
  'openapi',
  'store',
  'queue',
  'telemetry',
]
const SEAMS = ['base', 'messages', 'ports', 'facts']
const MAY_IMPORT: Record<string, string[]> = {
  machines: [],
  base: [],
  messages: ['facts'],
  ports: ['base', 'messages', 'facts'],
  ...Object.fromEntries(ADAPTERS.map(adapter => [adapter, SEAMS])),
  sessions: [...SEAMS, 'machines'],
  dashboard: [...SEAMS, 'machines'],
  // It describes what both have as schemas; what it may not take of them is below.
  openapi: [...SEAMS, 'http', 'laravel'],
  whatsapp: [...SEAMS, 'patches'],
  config: ['base', 'messages'],
  app: [...ADAPTERS, ...SEAMS, 'config'],
  main: ['app', 'config', 'base'],
  'check-laravel': ['command-line', 'laravel', 'config', 'base'],
  patches: [],
  // What every program that people start by hand says of its options.
  'command-line': [],
  simulator: ['command-line', 'patches'],
  harness: [],
  docs: ['machines', 'dashboard'],
  inspect: ['command-line'],
  // Sessions of another gateway, in the words of POST /start, into the store.
  import: ['command-line', 'base', 'config', 'http', 'ports', 'sessions', 'store', 'whatsapp', 'patches'],
  // An embedded store into PostgreSQL, table by table.
  migrate: ['command-line', 'base', 'store'],
  demo: ['command-line', 'main', 'config', 'simulator', 'patches'],
  // The drain of the deliveries is measured inside: outside one sees WhatsApp's pace.
  bench: [
    'command-line',
    'harness',
    'demo',
    'simulator',
    'patches',
    'app',
    'config',
    'laravel',
    'queue',
    'store',
    'ports',
    'base',
    // So is what it costs a machine to be looked at.
    'inspector',
    'sessions',
    'machines',
  ],
  chaos: ['command-line', 'harness', 'simulator', 'patches', 'app', 'config', 'base', 'ports'],
}

/** Inside the big folders: which room may import which; what stands in the folder itself is `.`, and free of the rules of rooms. */
const ROOMS: Record<string, Record<string, string[]>> = {
  'src/http': {
    routes: ['schemas', 'login', 'nodes', '.'],
    schemas: [],
    login: ['.'],
    nodes: ['schemas', '.'],
  },
  'src/dashboard': {
    session: ['pages', 'statechart', 'words', '.'],
    statechart: [],
    pages: ['words', '.'],
    words: [],
  },
  'src/openapi': { operations: ['.'], examples: [], page: ['.'] },
  'src/media': { fetch: ['.'], convert: ['.'], serve: ['.'], s3: ['.'] },
  'src/laravel': {
    answers: ['.'],
    circuit: ['answers', '.'],
    lanes: ['circuit', '.'],
    check: ['answers', '.'],
    legacy: ['.'],
  },
  'src/store': { tables: ['.'], writer: ['.', 'tables'], postgres: ['tables', 'writer', '.'] },
  'src/sessions': {
    host: ['.'],
    inspection: ['.'],
    sending: ['host', '.'],
    receiving: ['host', '.'],
    effects: ['host', 'sending', 'receiving', '.'],
    supervisor: ['host', 'sending', 'receiving', '.'],
  },
  'src/whatsapp': {
    patches: ['protobuf', '.'],
    protobuf: [],
    identities: ['keys', '.'],
    keys: ['patches', 'protobuf', '.'],
    importing: ['identities', 'keys', 'patches', '.'],
    linking: ['.'],
    sending: ['disappearing', 'identities', 'keys', '.'],
    content: ['protobuf', '.'],
    disappearing: ['.'],
    'account-events': ['.'],
    'first-contact': ['keys', 'protobuf', '.'],
    sealed: ['content', 'protobuf', '.'],
    receiving: ['content', 'sealed', 'disappearing', 'keys', 'patches', 'protobuf', '.'],
    socket: [
      'account-events',
      'disappearing',
      'first-contact',
      'identities',
      'keys',
      'linking',
      'sending',
      'receiving',
      'patches',
      '.',
    ],
  },
  simulator: {
    protocol: [],
    signal: ['protocol'],
    accounts: ['protocol', 'signal'],
    media: ['protocol'],
    content: ['media', 'protocol'],
    faults: ['accounts', 'protocol', '.'],
    groups: ['accounts', 'content', 'protocol', '.'],
    calls: ['accounts', 'groups', 'protocol', '.'],
    contacts: ['accounts', 'protocol', '.'],
    linking: ['accounts', 'protocol', '.'],
    phones: [
      'accounts',
      'calls',
      'contacts',
      'content',
      'groups',
      'linking',
      'media',
      'protocol',
      'signal',
      '.',
    ],
    server: [
      'accounts',
      'calls',
      'content',
      'faults',
      'groups',
      'linking',
      'media',
      'phones',
      'protocol',
      'signal',
      '.',
    ],
    admin: ['accounts', 'content', 'faults', 'groups', 'media', 'phones', '.'],
  },
  bench: {
    probe: [],
    traffic: [],
    contenders: ['probe', 'traffic'],
    environment: ['contenders', 'traffic'],
    media: ['contenders', 'environment', 'probe', 'traffic', '.'],
    ceiling: ['contenders', 'environment', 'probe', 'traffic', '.'],
    profile: ['contenders', 'environment', 'probe', 'traffic', '.'],
    soak: ['contenders', 'environment', '.'],
    nodes: ['contenders', 'environment', '.'],
    year: ['.'],
    drain: ['.'],
  },
}

/** What of other adapters is nothing but schemas. */
const SCHEMAS = /^src\/(?:http\/schemas\/|laravel\/(?:payloads|answers\/active-answer)\.ts$)/

/** Where Baileys and libsignal may be imported; `bench` has the plain loop of sockets that the manager is compared with. */
const KNOWS_BAILEYS = ['whatsapp', 'patches', 'simulator', 'bench']
const READS_ENV = [
  'main',
  'check-laravel',
  'inspect',
  'import',
  'migrate',
  'demo',
  'harness',
  'bench',
  'chaos',
]
const HAS_CONSOLE = ['main', 'demo', 'bench', 'chaos']

/** `src/http/server.ts` -> `http`, `src/app.ts` -> `app`, `bench/run.ts` -> `bench`, `machines/facts.ts` -> `facts`. */
export function partOf(path: string): string {
  if (path === 'machines/facts.ts') return 'facts'
  const [top, second] = path.split('/')
  return top === 'src' ? second!.replace(/\.ts$/, '') : top!
}

export const knownParts = (): string[] => Object.keys(MAY_IMPORT)

/** The room of a file inside a big folder; null outside of them, and for what stands in such a folder itself `.`. */
function roomOf(path: string): { house: string; room: string } | null {
  const parts = path.split('/')
  const depth = parts[0]! in ROOMS ? 1 : 2
  const house = parts.slice(0, depth).join('/')
  if (!(house in ROOMS)) return null
  return { house, room: parts.length === depth + 1 ? '.' : parts[depth]! }
}

/** One sentence for each rule that a file breaks. */
export function violations(source: Source): string[] {
  const { path, text } = source
  const found: string[] = []
  const code = withoutComments(text)
  const part = partOf(path)
  for (const target of arrowsOf(source)) {
    const other = partOf(target)
    const inside = other === part || (part === 'machines' && other === 'facts')
    if (!(other in MAY_IMPORT) && other !== 'facts')
      found.push(`${path} imports ${target}, outside the house`)
    else if (!inside && !(MAY_IMPORT[part] ?? []).includes(other)) found.push(`${path} imports ${target}`)
    if (part === 'openapi' && ['http', 'laravel'].includes(other) && !SCHEMAS.test(target))
      found.push(`${path} imports ${target}, which is no schema`)
    if (!target.endsWith('.ts')) found.push(`${path} imports ${target} without .ts`)
    const [from, to] = [roomOf(path), roomOf(target)]
    if (from === null || to === null || from.house !== to.house) continue
    if (from.room === '.' || from.room === to.room) continue
    if (!ROOMS[from.house]![from.room]?.includes(to.room))
      found.push(`${path} imports ${target}, another room`)
  }
  for (const name of importsOf(code)) {
    if (name.startsWith('.')) continue
    if (/^(?:@whiskeysockets\/|baileys|libsignal)/.test(name) && !KNOWS_BAILEYS.includes(part))
      found.push(`${path} imports Baileys`)
    if (part === 'machines' && name !== 'xstate') found.push(`${path} imports ${name}`)
    if (part === 'facts') found.push(`${path} imports ${name}`)
  }
  if (
    path.startsWith('machines/') &&
    /\bDate\.now\b|\bMath\.random\b|\bnew Date\b|\bDate\(|\bperformance\b|\brandomUUID\b/.test(code)
  )
    found.push(`${path} has a clock or a die`)
  if (
    /\bprocess\s*(?:\.|\?\.)\s*env\b|\benv\b[^=;]*\}\s*=\s*process\b/.test(code) &&
    !READS_ENV.includes(part)
  )
    found.push(`${path} reads process.env`)
  if (
    /\bconsole\s*(?:\.(?!ts\b)|\[)/.test(code) &&
    !HAS_CONSOLE.includes(part) &&
    path !== 'simulator/main.ts'
  )
    found.push(`${path} uses console`)
  if (/\bexport\s+default\b/.test(code)) found.push(`${path} has a default export`)
  return found
}

/** A comparison of a state's name by its spelling; tags of the chart answer such questions (machines/session.state.ts). */
export function asksByName({ path, text }: Source): string[] {
  const names = 'starting|awaitingQr|open|reconnecting|loggedOut'
  const asks = new RegExp(
    `\\b(?:startsWith|includes)\\(\\s*['"\`](?:${names})\\b|[!=]==\\s*['"\`](?:${names})\\.`,
    'g',
  )
  return [...withoutComments(text).matchAll(asks)].map(([words]) => `${path} asks ${words}`)
}

export const folderOf = (path: string): string => posix.dirname(path)
