import { setTimeout as pause } from 'node:timers/promises'
import { Child } from '../../harness/child.ts'
import { ManagerApi } from '../../harness/manager-api.ts'
import type { Address } from '../../simulator/simulator.ts'
import { PROBE_FLAGS } from '../probe/node-flags.ts'
import type { Probe } from '../probe/probe.ts'
import { type AckedFile, type FileJob, runFileJobs } from '../traffic/file-jobs.ts'
import type { Pair } from '../traffic/pair.ts'

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
  /** How long a send waits for its ack; longer than any takes if not given. */
  sendWaitMs?: number
  /** Connections begun per second, 10000 if not given; null leaves it to the manager. */
  connectsPerSecond?: number | null
}

/** The manager as its users have it: `src/main.ts` in a process of its own, spoken to over HTTP. */
export class Manager {
  readonly child: Child<Probe>
  #api: ManagerApi | null = null
  #log = ''

  constructor({
    dataDir,
    whatsapp,
    laravelUrl,
    concurrency,
    nodeFlags,
    sendWaitMs = 30_000,
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
      ...(process.env.REDIS_URL && { REDIS_URL: process.env.REDIS_URL }),
    }
    this.child = new Child(
      { name: 'the manager', file: 'src/main.ts', env, nodeFlags: [...PROBE_FLAGS, ...nodeFlags] },
      text => {
        if (this.#api === null) this.#log += text
      },
    )
  }

  /** Resolves when it listens. */
  async started(): Promise<void> {
    const deadline = Date.now() + START_MS
    while (this.#api === null) {
      const url = /"url":"(http:[^"]+)"/.exec(this.#log)?.[1]
      if (url !== undefined) this.#api = new ManagerApi(url, KEY, 256)
      else if (!this.child.running || Date.now() > deadline)
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
  async send(pairs: Pair[], each: number): Promise<string[]> {
    const ids: string[] = []
    const work = async ({ number, contact }: Pair) => {
      for (let n = 0; n < each; n++)
        ids.push(
          await this.#send(200, { session_id: number, wa_id: contact, type: 'text', body: `text ${n}` }),
        )
    }
    await Promise.all(pairs.map(work))
    return ids
  }

  /** The same with files that the manager fetches. */
  sendFiles(jobs: FileJob[]): Promise<AckedFile[]> {
    return runFileJobs(jobs, ({ pair, sample, url }) =>
      this.#send(200, { session_id: pair.number, wa_id: pair.contact, type: sample.kind, mediaUrl: url }),
    )
  }

  /** One text that WhatsApp cannot have yet; its id. Throws unless it is taken with 202. */
  queue({ number, contact }: Pair, text: string): Promise<string> {
    return this.#send(202, { session_id: number, wa_id: contact, type: 'text', body: text })
  }

  /** SIGTERM; throws unless it ends with exit code 0. */
  async stop(): Promise<void> {
    await this.#api?.close()
    const code = await this.child.stop()
    if (code !== 0) throw new Error(`the manager ended with exit code ${code}:\n${this.child.output}`)
  }

  async #send(expected: 200 | 202, request: object): Promise<string> {
    const { status, body } = await this.#api!.call('POST', '/send-message', request)
    if (status !== expected) throw new Error(`POST /send-message answered ${status}: ${JSON.stringify(body)}`)
    return String(body.message_id)
  }
}
