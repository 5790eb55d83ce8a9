import type { AuthenticationCreds } from '@whiskeysockets/baileys'
import { Child } from '../../harness/child.ts'
import { ManagerApi } from '../../harness/manager-api.ts'
import type { Remote } from '../../harness/rpc.ts'
import { PROBE_FLAGS } from '../probe/node-flags.ts'
import type { Probe } from '../probe/probe.ts'
import type { Pair } from '../traffic/pair.ts'
import type { Contender, ProcessSettings, SessionSet } from './contender.ts'
import type { PlainLoop } from './plain-loop.ts'
import { sendTexts } from './send-texts.ts'

/** Sessions that a plain loop logs in with these credentials: all in memory, or careful with a `database` file. */
export function plainLoopSessions(
  processSettings: ProcessSettings,
  pairs: Pair[],
  creds: AuthenticationCreds[],
  database: string | null = null,
): SessionSet {
  const logins = pairs.map(({ number }, i) => ({ number, creds: creds[i]! }))
  return {
    pairs,
    dataDir: null,
    start() {
      const { whatsapp, laravelUrl, concurrency, nodeFlags, probed, mediaCa, filesDir } = processSettings
      const child = new Child<PlainLoop & Probe>({
        name: database === null ? 'the plain loop' : 'the careful loop',
        file: 'bench/contenders/plain-loop.ts',
        env: { NODE_EXTRA_CA_CERTS: mediaCa },
        nodeFlags: [...(probed ? PROBE_FLAGS : []), ...nodeFlags],
      })
      processSettings.onStart(child)
      const begin = async () => {
        await child.remote.call('begin', whatsapp.url, whatsapp.rootKey, laravelUrl, filesDir, database)
        await child.remote.call('login', logins, concurrency)
      }
      return database === null ? inMemory(child, pairs, begin) : overHttp(child, pairs, begin)
    },
  }
}

/** Told over the channel between processes what to send, which is nearly nothing. */
function inMemory(child: Child<PlainLoop & Probe>, pairs: Pair[], begin: () => Promise<void>): Contender {
  return {
    pid: child.pid,
    pids: [child.pid],
    probe: child.remote as Pick<Remote<Probe>, 'call'>,
    openAll: begin,
    send: each => child.remote.call('send', pairs, each),
    sendToGroups: (memberships, each) => child.remote.call('sendToGroups', memberships, each),
    sendFiles: jobs => child.remote.call('sendFiles', jobs),
    async kill() {
      child.kill()
      await child.exited
    },
    async stop() {
      const code = await child.stop()
      if (code !== 0) throw new Error(`${child.name} ended with exit code ${code}:\n${child.output}`)
    },
  }
}

/** Told over HTTP, as programs elsewhere tell it. */
function overHttp(child: Child<PlainLoop & Probe>, pairs: Pair[], begin: () => Promise<void>): Contender {
  const contender = inMemory(child, pairs, begin)
  let api: ManagerApi | null = null
  const post = async (body: object) => {
    api ??= new ManagerApi(await child.remote.call('listen'), '', 256)
    return api.call('POST', '/send', body)
  }
  return {
    ...contender,
    send: each =>
      sendTexts(
        post,
        pairs.map(({ number, address }) => ({ number, to: address })),
        each,
      ),
    sendToGroups: (memberships, each) =>
      sendTexts(
        post,
        memberships.map(({ number, group }) => ({ number, to: group })),
        each,
      ),
    async stop() {
      await api?.close()
      await contender.stop()
    },
  }
}
