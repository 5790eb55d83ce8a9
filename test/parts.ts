import { globSync } from 'node:fs'
import { matchesGlob } from 'node:path'

/**
 * The parts of the suite, each `npm run test:<part>`, by the folders and files of test/ that they are made of. What is in none of
 * them is `unit`, and so are the PURE ones: quick, and nothing of it needs a process of its own.
 */
export const PLACES: Record<string, string[]> = {
  /** The real SQLite store, which is killed, too, and what several nodes have in the one of PostgreSQL. */
  store: ['store', 'cluster/chats-elsewhere', 'cluster/standing-still', 'cluster/upkeep'],
  /** In memory, and BullMQ on a Redis. */
  queue: ['queue'],
  /** Baileys against the simulator. */
  whatsapp: ['whatsapp'],
  simulator: ['simulator'],
  /** Walks over the model of a session, by HTTP alone. */
  model: ['model'],
  /** Stories from end to end; the manager is a process. */
  scenarios: ['scenarios', 'guard'],
  /** The package of Laravel, and the routes without it, in a real Laravel. */
  laravel: ['laravel-app'],
  /** The dashboard in a real Chromium. */
  browser: ['browser'],
  /** What is run by hand: the demo, the proof by killing, the measurements, the moves in, the lines of the README. */
  tools: ['bench', 'chaos', 'command-line', 'demo', 'harness', 'import', 'migrate', 'property', 'readme'],
}

/**
 * What of these places needs neither a process nor a simulated WhatsApp, and changes nothing of Baileys: a process for each of them costs
 * ten times what is tested in it.
 */
const PURE: Record<string, string[]> = {
  bench: [
    'disk',
    'media/media',
    'nodes/report-nodes',
    'profile/self-times',
    'report',
    'start-flags',
    'traffic-run',
  ],
  chaos: [
    ...[
      'compare-records',
      'kill-points',
      'laravel',
      'modes',
      'nodes/compare-nodes',
      'nodes/node-plan',
      'plan',
    ],
    'storm/storm-plan',
  ],
  'command-line': ['command-line'],
  demo: ['step-runner', 'terminal'],
  harness: ['laravel-posts', 'wire'],
  import: ['names'],
  'laravel-app': ['outbound/coverage'],
  queue: ['wake-times'],
  simulator: [
    'accounts/mailbox',
    'content/wire',
    'faults/waiting',
    'media/tls-certificate',
    'protocol/signing-keys',
  ],
  store: ['disk-watch', 'plans', 'recent-people', 'server-watch', 'writer/pruning', 'writer/write-ahead-log'],
  whatsapp: [
    'content',
    ...['disappearing/chat-timers', 'disappearing/timers-in', 'disconnects', 'groups'],
    ...['identities/contact-query', 'identities/people', 'identities/stanza-names'],
    ...['importing/key-files', 'importing/todays-names', 'jid'],
    ...['keys/auth-state', 'keys/creds', 'keys/key-cache', 'keys/key-transactions'],
    ...['linking/pairing-code', 'linking/passkey-stanzas', 'linking/passkey-vault', 'linking/qr-vault'],
    ...['message-status', 'receiving/beyond-words', 'receiving/to-received-message', 'sealed/seals'],
    ...['sending/mentions', 'sending/message-sender', 'sending/outgoing-payloads'],
    ...['sending/to-baileys-content', 'socket/account-presence', 'write-gate'],
  ],
}

export interface Part {
  name: string
  include: string[]
  exclude: string[]
}

const filesOf = (place: string) => [`test/${place}/**/*.test.ts`, `test/${place}.test.ts`]

/** Globs, two for each. */
export const PURE_FILES = Object.entries(PURE).flatMap(([place, files]) =>
  files.flatMap(file => filesOf(`${place}/${file}`)),
)
const isPure = (file: string) => PURE_FILES.some(glob => matchesGlob(file, glob))

export const UNIT: Part = {
  name: 'unit',
  include: ['test/**/*.test.ts'],
  exclude: globSync(Object.values(PLACES).flat().flatMap(filesOf)).filter(file => !isPure(file)),
}

export const OTHERS: Part[] = Object.entries(PLACES).map(([name, places]) => ({
  name,
  include: places.flatMap(filesOf),
  exclude: PURE_FILES,
}))

/**
 * Files that last 20 s to 80 s, and why they may. They are begun first, the longest before all: begun last, one of them alone would
 * be waited for.
 */
export const SLOW: Record<string, string> = {
  'test/scenarios/nodes.test.ts':
    'nodes are killed and stopped, and leases of 3 s are waited for in real time',
  'test/chaos/run.test.ts':
    'a manager lives and is killed nine times, each life up to six seconds of traffic',
  'test/chaos/storm/run.test.ts':
    'eight sessions are linked, mistreated for nine seconds in real time, and waited for until all are back',
  'test/bench/soak.test.ts': 'sessions reconnect in real time, and a process is looked at before and after',
  'test/bench/run.test.ts': 'four programs are started, watched idle, killed and started again, in real time',
  'test/model/session.test.ts':
    'over a thousand transitions, each by HTTP, a real login or a QR, and a look at everything after it',
  'test/laravel-app/story.test.ts':
    'a manager, a queue and a web server three times, and PHP that is started for each look',
  'test/scenarios/hostile-server.test.ts':
    'ten thousand stanzas, frames and messages, each through a real connection, and a look at the others between',
  'test/scenarios/hostile-client.test.ts':
    'callers who dawdle are waited for in real time, up to half a minute, until they are sent away',
  'test/scenarios/operator-lines.test.ts':
    'six sessions live through an outage, a pause and a restart in real time before the first line is looked at',
  'test/laravel-app/outbound/lost-answers.test.ts':
    'a manager is killed twice under a send, and a job is tried again once it is back, all in real time',
  'test/scenarios/pace.test.ts':
    'the limits of a process with a real clock: a send every 2 s, a pause of 20 s after a 429',
  'test/scenarios/clock.test.ts':
    'QRs expire and deliveries are retried in a process whose clock jumps, so its timers are real',
  'test/browser/many-sessions.test.ts': 'a browser draws a thousand sessions and scrolls through them',
  'test/browser/session.test.ts': 'the page of one session is used, and a hundred messages come to it',
  'test/browser/pictures.test.ts': 'every page is opened in three looks, and each is looked at by axe',
  'test/browser/spanish.test.ts':
    'every page is opened in a language, in each of its states, and read word by word',
  'test/browser/deliveries.test.ts':
    'two lives of the manager, and a dead letter on its way to Laravel in real time',
  'test/demo/run.test.ts': 'the whole demo is played, twice, and every line of it is run by hand',
  'test/scenarios/restart.test.ts': 'five sessions under traffic, stopped and killed',
  'test/scenarios/media-s3.test.ts':
    'a server is away until a manager gives it up, and files are old a minute after a start',
  'test/scenarios/laravel-away.test.ts':
    'the first retries of a delivery in real time, for five kinds of outage',
  'test/scenarios/curl-lines.test.ts':
    'every line of docs/curl.md is a process of its own, phones are linked between them, and streams are left after two seconds',
  'test/store/postgres/contract.test.ts':
    'a hundred tests, each with durable commits on a server, whose tables are emptied in between',
  'test/store/postgres/failures.test.ts':
    'connections are cut and ended in real time, and waited for until all is stored',
  'test/store/postgres/server-failures.test.ts':
    'a server is stopped, crashes, recovers and starts again, as fast as it can',
  'test/store/crash.test.ts':
    'ten processes write with fsync until they are killed, and each log is read whole',
}
