import { createServer } from 'node:http'
import { afterEach, expect, it, onTestFinished, vi } from 'vitest'
import { linkBaseOf } from '../src/app/link-base.ts'
import { createFaults } from '../src/base/faults.ts'
import { createLogger } from '../src/base/logger.ts'
import { PROBLEM_SENTENCES, type Problem, type ProblemCode, SHUTTING_DOWN } from '../src/base/problem.ts'
import { nodeWarnings, type SeenOfNodes } from '../src/cluster/node-warnings.ts'
import { loadConfig } from '../src/config.ts'
import { LANGUAGES } from '../src/dashboard/words/languages.ts'
import { problemWordsOf, toldProblem } from '../src/dashboard/words/told-problem.ts'
import { createLaravel } from '../src/laravel/client.ts'
import { createBullMqQueue } from '../src/queue/bullmq.ts'
import { SessionRegistry } from '../src/sessions/registry.ts'
import { createDiskWatch } from '../src/store/disk-watch.ts'
import { toError } from '../src/store/failures.ts'
import { storeFailure } from '../src/store/postgres/failures.ts'
import { createServerWatch } from '../src/store/server-watch.ts'
import { createTestClock } from './base/clock.ts'
import { createTestHttp } from './http/fakes.ts'
import { answered, createHarness, ok, unanswered } from './laravel/harness.ts'
import { realClock, until } from './queue/real.ts'
import { closedAs, World } from './sessions/world.ts'

const logger = createLogger({ level: 'silent', format: 'json' }, { write: () => {} })
afterEach(() => {
  vi.restoreAllMocks()
})

/** A world in which something is wrong by the end, so that nothing else is asked of it. */
async function startWorld(): Promise<World> {
  const world = await World.start()
  onTestFinished(() => world.leave())
  return world
}

const outage = async (...attempt: Parameters<typeof answered> | [string]): Promise<Problem> => {
  const harness = createHarness()
  harness.deliveries.start()
  const failure = typeof attempt[0] === 'string' ? unanswered(attempt[0]) : answered(attempt[0])
  harness.respond(() => failure)
  for (let n = 0; n < 3; n++) harness.add(`chat${n}`)
  await harness.clock.advance(60_000)
  return {
    code: 'LARAVEL_UNAVAILABLE',
    message: harness.deliveries.health(await harness.deliveries.waiting()).problem!,
  }
}

const OTHER = { node: 'b', url: 'http://b', sessions: 1, maxSessions: null, stats: null }
const NODES: SeenOfNodes = {
  node: 'a',
  url: 'http://a',
  members: { nodes: [{ ...OTHER, node: 'a', url: 'http://a' }, OTHER], free: 2, own: 1, mail: [] },
  freeForMs: 30_000,
  leaseMs: 15_000,
  filesApart: false,
}

/** What brings each about, and what in its sentence leads to the mend. A code that stands not here does not compile. */
const CAUSES: Record<ProblemCode, { make(): Promise<Problem | null | undefined>; mend: RegExp }[]> = {
  STORE_FAILED: [
    {
      async make() {
        const world = await startWorld()
        await world.linked()
        world.disk.failWrites()
        world.whatsapp.socketOf('s1').report(closedAs('banned', 'banned'))
        await world.settle()
        return world.supervisor.problem()
      },
      mend: /disk is full.*tried every 2 s/,
    },
    {
      async make() {
        const probe = () =>
          Promise.reject(toError(storeFailure(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }))))
        const clock = createTestClock()
        const watch = createServerWatch({ probe, clock, logger })
        watch.start()
        await clock.advance(5_000)
        watch.stop()
        return watch.problem()
      },
      mend: /check that it runs, and DATABASE_URL/,
    },
  ],
  DISK_LOW: [
    {
      async make() {
        const watch = createDiskWatch({ free: async () => 1e6, clock: createTestClock(), logger })
        watch.start()
        await vi.waitFor(() => expect(watch.warning()).not.toBeNull())
        watch.stop()
        return watch.warning()
      },
      mend: /free some space/,
    },
    {
      async make() {
        const free = async () => 1e6
        const watch = createDiskWatch({ free, hasStore: false, clock: createTestClock(), logger })
        watch.start()
        await vi.waitFor(() => expect(watch.warning()).not.toBeNull())
        watch.stop()
        return watch.warning()
      },
      mend: /MEDIA_KEEP_DAYS.*no file/,
    },
  ],
  SUPERVISOR_FAILED: [
    {
      async make() {
        const world = await startWorld()
        vi.spyOn(SessionRegistry.prototype, 'add').mockImplementation(() => {
          throw new Error('x')
        })
        void world.commands.start({ sessionId: 's1', userId: 7 }).catch(() => {})
        await world.settle()
        expect(world.deaths).toHaveLength(1)
        return world.supervisor.problem()
      },
      mend: /process ends.*systemd.*report/,
    },
  ],
  SHUTTING_DOWN: [
    {
      async make() {
        const { http, app } = createTestHttp()
        http.refuse()
        const answer = (await (await app.request('/health/ready')).json()) as { problems: Problem[] }
        return { ...SHUTTING_DOWN, ...answer.problems[0] }
      },
      mend: /starts it again/,
    },
    {
      async make() {
        const world = await startWorld()
        await world.stop()
        return world.supervisor.problem()
      },
      mend: /starts it again/,
    },
  ],
  CLIENT_OUTDATED: [
    {
      async make() {
        const world = await startWorld()
        const socket = await world.linked()
        socket.report(closedAs('versionRefused', 'client_outdated'))
        await world.settle()
        return world.versions.problem()
      },
      mend: /WHATSAPP_VERSION.*restart/,
    },
  ],
  LARAVEL_UNAVAILABLE: [
    { make: () => outage(500), mend: /storage\/logs\/laravel\.log/ },
    { make: () => outage(503), mend: /maintenance/ },
    { make: () => outage(403), mend: /LARAVEL_TOKEN/ },
    { make: () => outage(404), mend: /LARAVEL_URL.*routes\/api\.php/ },
    { make: () => outage(419), mend: /routes\/api\.php/ },
    { make: () => outage(429), mend: /throttle/ },
    { make: () => outage(301), mend: /LARAVEL_URL/ },
    { make: () => outage('ECONNREFUSED'), mend: /runs.*LARAVEL_URL/ },
    {
      async make() {
        const server = createServer((_, response) => response.writeHead(404).end()).listen(0, '127.0.0.1')
        await new Promise(resolve => server.once('listening', resolve))
        const { port } = server.address() as { port: number }
        const laravel = createLaravel({
          url: `http://127.0.0.1:${port}`,
          token: null,
          secrets: [],
          clock: realClock,
          logger,
        })
        for (let n = 0; n < 10; n++) await laravel.askActive(`s${n}`, new AbortController().signal)
        const { problem } = laravel.health()
        await laravel.close()
        server.close()
        return problem === null ? null : { code: 'LARAVEL_UNAVAILABLE', message: problem }
      },
      mend: /LARAVEL_URL.*\/api/,
    },
  ],
  DELIVERIES_WAIT: [
    {
      async make() {
        const harness = createHarness()
        harness.respond(call => (call.lane === 'poison' ? answered(500) : ok))
        harness.deliveries.start()
        harness.add('poison')
        await harness.clock.advance(1)
        harness.add('proof')
        await harness.clock.advance(2 * 60_000)
        return harness.deliveries.late().problem
      },
      mend: /laravel\.log.*POST \/deliveries\/retry/,
    },
    {
      async make() {
        const harness = createHarness()
        harness.respond(() => new Promise<never>(() => {}))
        harness.deliveries.start()
        for (let n = 0; n < 40; n++) harness.add(`chat${n}`)
        await harness.clock.advance(2 * 60_000)
        return harness.deliveries.late().problem
      },
      mend: /turn has not come yet.*POST \/deliveries\/retry/,
    },
  ],
  PUBLIC_URL_MISSING: [
    {
      make: async () =>
        linkBaseOf(loadConfig({ HOST: '0.0.0.0', API_KEYS: 'k', LARAVEL_URL: 'http://app.test/api' }), 3000)
          .warning,
      mend: /Set PUBLIC_URL/,
    },
  ],
  REDIS_UNAVAILABLE: [
    {
      async make() {
        const queue = createBullMqQueue({
          url: 'redis://127.0.0.1:1',
          groupOf: () => 'messages',
          name: 'x',
          clock: realClock,
          logger,
        })
        queue.start(async () => null)
        await until(() => queue.problem() !== null)
        const problem = queue.problem()
        await queue.stop(0)
        return problem
      },
      mend: /runs.*REDIS_URL/,
    },
  ],
  SESSION_UNREADABLE: [
    {
      async make() {
        const world = await startWorld()
        await world.linked()
        world.kill()
        world.disk.damage("UPDATE events SET context = 'x' WHERE state IS NOT NULL")
        await world.boot()
        return world.supervisor.warnings()[0]
      },
      mend: /GET \/sessions\/\{id\}.*DELETE.*\(s1\)/,
    },
  ],
  CREDENTIALS_UNREADABLE: [
    {
      async make() {
        const world = await startWorld()
        const socket = await world.linked()
        socket.report(closedAs('suspend', 'credentials_corrupt'))
        await world.settle()
        return world.supervisor.warnings()[0]
      },
      mend: /DATA_DIR from a backup.*DELETE.*\(s1\)/,
    },
  ],
  NODE_URL_SHARED: [
    {
      make: async () => nodeWarnings({ ...NODES, url: 'http://b' })[0],
      mend: /http:\/\/b.*NODE_URL of its own/,
    },
  ],
  MEDIA_NOT_SHARED: [
    { make: async () => nodeWarnings({ ...NODES, filesApart: true })[0], mend: /MEDIA_URL.*bucket.*mount/ },
  ],
  SESSIONS_WITHOUT_NODE: [
    { make: async () => nodeWarnings({ ...NODES, freeForMs: 30_001 })[0], mend: /\(2\).*MAX_SESSIONS.*node/ },
  ],
  FAULTS: [
    {
      async make() {
        const faults = createFaults(logger)
        faults.caught(new Error('x'))
        return faults.warning()
      },
      mend: /log.*report/,
    },
  ],
}

const cases = Object.entries(CAUSES).flatMap(([code, all]) => all.map((one, i) => ({ code, i, ...one })))

it.each(cases)('$code ($i) is brought about, and leads to its mend', async ({ code, make, mend }) => {
  const problem = await make()
  expect(problem?.code).toBe(code)
  expect(problem?.message).toMatch(mend)
  // What Laravel does is said by what gathers it: test/app/readiness.test.ts.
  if (code !== 'LARAVEL_UNAVAILABLE') expectSaid(problem!)
})

/** The page says it in every language, with all its values. */
function expectSaid(problem: Problem): void {
  const { code, said = [] } = problem
  expect(said).not.toEqual([])
  for (const { says, values } of said) {
    expect(PROBLEM_SENTENCES[code]).toContain(says)
    const sentences: Record<string, string> = problemWordsOf('en')[code].says
    for (const [, name] of sentences[says]!.matchAll(/\{(\w+)\}/g)) expect(values).toHaveProperty(name!)
  }
  const told = LANGUAGES.map(language => toldProblem(language, problem).text)
  expect(told.join()).not.toMatch(/[{}]|undefined|null/)
  expect(new Set(told).size).toBe(LANGUAGES.length)
}
