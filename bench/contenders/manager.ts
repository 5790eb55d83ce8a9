import { setTimeout as pause } from 'node:timers/promises'
import { Child } from '../../harness/child.ts'
import { ManagerApi } from '../../harness/manager-api.ts'
import type { Address } from '../../simulator/simulator.ts'
import { PROBE_FLAGS } from '../probe/node-flags.ts'
import type { Probe } from '../probe/probe.ts'
import { type AckedFile, type FileJob, runFileJobs } from '../traffic/file-jobs.ts'
import type { Pair } from '../traffic/pair.ts'
import { type Correspondence, sendTexts, sentId } from './send-texts.ts'
import { startFlags } from './start-flags.ts'

const KEY = 'bench'
const START_MS = 60_000
const OPEN_MS = 300_000
const POLL_MS = 20

export interface ManagerOptions {
  dataDir: string
  whatsapp: Address
  laravelUrl: string
  /** Logins at once. */
  concurrency: number
  nodeFlags: string[]
  probed: boolean
  /** Null, or not given: the queue is in its process. */
  redisUrl?: string | null
  /** Where its store is; null, or not given: in `dataDir`. */
  databaseUrl?: string | null
  /** Where it posts spans to; null, or not given: it is not traced. */
  tracesUrl?: string | null
  /** How long a send waits for its ack; longer than any takes if not given. */
  sendWaitMs?: number
  /** Of a node: how long it may be silent before others take its sessions, in ms; the manager's own unless given. */
  leaseMs?: number
  /** Connections begun per second, 10000 if not given; null leaves it to the manager. */
  connectsPerSecond?: number | null
}

/** The manager as its users have it: node itself with the flags of `npm start` and `src/start.js` in a process of its own, spoken to over HTTP. */
export class Manager {
  readonly child: Child<Probe>
  /** Where it listens; empty before. */
  url = ''
  #api: ManagerApi | null = null
  #log = ''

  constructor({
    dataDir,
    whatsapp,
    laravelUrl,
    concurrency,
    nodeFlags,
    probed,
    redisUrl = null,
    databaseUrl = null,
    tracesUrl = null,
    sendWaitMs = 30_000,
    leaseMs,
    connectsPerSecond = 10_000,
  }: ManagerOptions) {
    const env = {
      PORT: '0',
      API_KEYS: KEY,
      DATA_DIR: dataDir,
      LARAVEL_URL: laravelUrl,
      WHATSAPP_URL: whatsapp.url,
      WHATSAPP_ROOT_KEY: whatsapp.rootKey,
      CONNECT_CONCURRENCY: String(concurrency),
      ...(connectsPerSecond !== null && { CONNECT_PER_SECOND: String(connectsPerSecond) }),
      MEDIA_ALLOW_PRIVATE: 'true',
      SEND_WAIT_MS: String(sendWaitMs),
      ...(redisUrl !== null && { REDIS_URL: redisUrl }),
      ...(databaseUrl !== null && { DATABASE_URL: databaseUrl }),
      ...(leaseMs !== undefined && { NODE_LEASE_MS: String(leaseMs) }),
      ...(tracesUrl !== null && { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: tracesUrl }),
    }
    const flags = [...startFlags(), ...(probed ? PROBE_FLAGS : []), ...nodeFlags]
    this.child = new Child({ name: 'the manager', file: 'src/start.js', env, nodeFlags: flags }, text => {
      if (this.#api === null) this.#log += text
    })
  }

  /** Resolves when it listens. */
  async started(): Promise<void> {
    const deadline = Date.now() + START_MS
    while (this.#api === null) {
      const url = /"url":"(http:[^"]+)"/.exec(this.#log)?.[1]
      if (url !== undefined) {
        this.url = url
        this.#api = new ManagerApi(url, KEY, 256)
      } else if (!this.child.running || Date.now() > deadline)
        throw new Error(`the manager did not start:\n${this.child.output}`)
      else await pause(POLL_MS)
    }
  }

  /** Resolves when so many sessions are open. */
  async allOpen(count: number): Promise<void> {
    const deadline = Date.now() + OPEN_MS
    for (;;) {
      const { sessions } = (await this.#api!.call('GET', '/stats')).body as {
        sessions: { activeSessions: number }
      }
      if (sessions.activeSessions >= count) return
      if (Date.now() > deadline)
        throw new Error(`${sessions.activeSessions} of ${count} sessions are open:\n${this.child.output}`)
      await pause(POLL_MS)
    }
  }

  /** Restarts every session that waits for the end of its backoff. */
  async hurry(): Promise<void> {
    const { sessions } = (await this.#api!.call('GET', '/sessions?state=reconnecting&limit=1000')).body as {
      sessions: { session_id: string }[]
    }
    // Whoever came back meanwhile needs none; the next look shows it.
    await Promise.all(
      sessions.map(({ session_id }) => this.#api!.call('POST', `/sessions/${session_id}/restart`)),
    )
  }

  async startSession(sessionId: string): Promise<void> {
    await this.#api!.startSession(sessionId)
  }

  /** Every session sends so many texts, one after the other; the ids that WhatsApp acked. */
  send(correspondences: Correspondence[], each: number): Promise<string[]> {
    return sendTexts(this.#post, correspondences, each)
  }

  /** The same with files that the manager fetches. */
  sendFiles(jobs: FileJob[]): Promise<AckedFile[]> {
    return runFileJobs(jobs, ({ pair, sample, url }) =>
      sentId(this.#post, {
        ...{ session_id: pair.number, wa_id: pair.address, type: sample.kind, mediaUrl: url },
      }),
    )
  }

  /** One text that WhatsApp cannot have yet; its id. Throws unless it is taken with 202. */
  queue({ number, address }: Pair, text: string): Promise<string> {
    return sentId(this.#post, { session_id: number, wa_id: address, type: 'text', body: text }, 202)
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    this.child.kill()
    await this.child.exited
    await this.#api?.close()
  }

  /** SIGTERM; throws unless it ends with exit code 0. */
  async stop(): Promise<void> {
    await this.#api?.close()
    const code = await this.child.stop()
    if (code !== 0) throw new Error(`the manager ended with exit code ${code}:\n${this.child.output}`)
  }

  readonly #post = (body: object) => this.#api!.call('POST', '/send-message', body)
}
