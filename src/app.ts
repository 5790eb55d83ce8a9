import { mkdirSync } from 'node:fs'
import { openCluster } from './app/app-cluster.ts'
import { createAppDashboard } from './app/app-dashboard.ts'
import { openAppStore } from './app/app-store.ts'
import { createLaravelClient } from './app/laravel-client.ts'
import { linkBaseOf, nodeUrlOf } from './app/link-base.ts'
import { logCheck } from './app/log-check.ts'
import { logStart } from './app/log-start.ts'
import type { App, Overrides } from './app/overrides.ts'
import { createReadiness } from './app/readiness.ts'
import { whatsappConfig } from './app/whatsapp-config.ts'
import { causedByNobody } from './base/causes.ts'
import { createClock, createTimeOfDay } from './base/clock.ts'
import { createFaults, type Faults, guardTimers } from './base/faults.ts'
import type { Logger } from './base/logger.ts'
import type { Config } from './config.ts'
import { createAskOwner, createReadOwner } from './http/nodes/ask-owner.ts'
import { createHttp } from './http/server.ts'
import { createInspector } from './inspector/inspector.ts'
import { createLaravelCheck } from './laravel/check/laravel-check.ts'
import { QUESTION } from './laravel/client.ts'
import { createDeliveries } from './laravel/deliveries.ts'
import { createTakenTimes } from './laravel/taken-times.ts'
import { createUndelivered } from './laravel/undelivered.ts'
import { createConvertingPreparer } from './media/converting-preparer.ts'
import { serveMedia } from './media/create-media-server.ts'
import { createMediaStore } from './media/create-media-store.ts'
import { Metrics } from './metrics/metrics.ts'
import { VERSIONS } from './metrics/versions.ts'
import { documentationLoader } from './openapi/load-documentation.ts'
import { createQueue } from './queue/create-queue.ts'
import { createCommands } from './sessions/commands.ts'
import { bindEffects } from './sessions/effects/bind-effects.ts'
import { createConnectLimiter } from './sessions/effects/connect-limiter.ts'
import { VersionBreaker } from './sessions/effects/version-breaker.ts'
import { createErasure } from './sessions/erasure.ts'
import { createCharts } from './sessions/inspection/charts.ts'
import { createQueries } from './sessions/queries.ts'
import { ContactNames } from './sessions/receiving/contact-names.ts'
import { Downloads } from './sessions/receiving/downloads.ts'
import { ReadMarks } from './sessions/receiving/read-marks.ts'
import { SessionRegistry } from './sessions/registry.ts'
import { createRetention } from './sessions/retention.ts'
import { createSessionOwners } from './sessions/session-owners.ts'
import { Supervisor } from './sessions/supervisor/supervisor.ts'
import { loadTracing } from './telemetry/load-tracing.ts'
import { createPasskeyVault } from './whatsapp/linking/passkey/passkey-vault.ts'
import { createQrVault } from './whatsapp/linking/qr-vault.ts'
import { createWhatsApp } from './whatsapp/whatsapp.ts'

export type { App, Overrides } from './app/overrides.ts'

/** The composition root: wires every part, starts it, and hands back how to stop it. */
export async function createApp(
  config: Config,
  logger: Logger,
  overrides: Overrides = {},
  faults: Faults = createFaults(logger),
): Promise<App> {
  const ownClock = createClock()
  const clock = guardTimers(overrides.clock ?? ownClock, faults.caught)
  const dead = Promise.withResolvers<string>()
  /** The time of day, which may jump: for dates that others compare with their own clocks. Among nodes it is the database's. */
  const wall = config.databaseUrl === null && overrides.clock === undefined ? Date.now : clock.now
  const timeOfDay = createTimeOfDay(clock.now, wall)
  const part = (name: string) => logger.child({ part: name })
  const tellLaravel = config.laravel.url !== null
  const accountEvents = tellLaravel ? config.laravel.events : []

  mkdirSync(config.dataDir, { recursive: true })
  const { opened, mailbox, linkKey, logins, works, diskFree, watch, place } = await openAppStore(config, {
    ...{ clock, guide: ownClock.guide, logger: part('store'), maxPages: overrides.maxPages },
    onDeath: dead.resolve,
  })
  const files = await createMediaStore(config.media.store, {
    ...{ dataDir: config.dataDir, clock, logger: part('media'), table: opened.media },
  })
  const nodeParts = { clock, logger: part('cluster'), key: linkKey, works, owners: overrides.owners }
  const cluster = await openCluster(config, nodeParts)
  const upkeep = cluster?.upkeep
  const erasure = createErasure({ store: opened, files, clock, logger: part('media'), upkeep })
  const metrics = new Metrics(clock, VERSIONS)
  const openFile = async (id: string) => (await files.open(id))?.stream ?? null
  const told = { clock, wall, timeOfDay, logger: part('laravel'), openFile }
  const { client, legacy, routes } = createLaravelClient(config.laravel, told)
  const traces = { version: VERSIONS.version, logger: part('tracing'), routes }
  const tracing = await loadTracing(config.tracing, traces)
  const counted = metrics.store(overrides.store?.(erasure.store) ?? erasure.store)
  const whole = tracing?.store(counted) ?? counted
  const store = cluster?.owned(whole) ?? whole
  const vault = createQrVault(clock)
  const passkeys = createPasskeyVault(clock, linkKey)
  const given = overrides.laravel?.(client) ?? client
  const deliver = metrics.delivering(given.deliver)
  const laravel = { ...given, deliver: tracing?.delivering(deliver) ?? deliver }
  const { maxBytes, allowPrivate } = config.media
  const media = createConvertingPreparer(files, { clock, maxBytes, allowPrivate })
  // Known once the port is taken, long before a file is linked.
  let linkBase = linkBaseOf(config, config.http.port)
  const served = serveMedia({
    ...{ files, clock, wall, key: linkKey },
    describe: id => store.downloads.describe(id),
    base: () => linkBase.url,
  })
  const queue = await createQueue(config.redisUrl, {
    name: cluster?.queue ?? store.id,
    clock,
    logger: part('queue'),
  })
  const registry = new SessionRegistry()
  const owners = createSessionOwners(registry, store)
  const routing = cluster?.routing(sessionId => supervisor.residents.has(sessionId))
  const ask = routing && createAskOwner(routing)
  const read = routing && createReadOwner(routing)
  const readMarks = new ReadMarks(
    clock,
    (...session) => registry.socketOf(...session),
    ask && ((sessionId, ids) => ask(sessionId, 'read', { message_ids: ids })),
  )
  const taken = createTakenTimes(clock)
  const deliveries = createDeliveries({
    store: store.deliveries,
    queue,
    laravel,
    clock,
    logger: part('deliveries'),
    routes,
    passkeys: {
      ...{ read: passkeys.read, timeOfDay },
      ...(read && { elsewhere: sessionId => read(sessionId, 'passkey') }),
    },
    sessions: owners,
    leases: cluster?.lanes,
    files: { waitMs: config.media.waitMs, linkTo: served.linkTo, has: served.has },
    ...(config.inbound.markRead && { onAccepted: delivery => readMarks.accepted(delivery) }),
    onOutcome(delivery, outcome) {
      for (const one of [taken, metrics, tracing]) one?.settled(delivery, outcome)
    },
  })
  const baileys = createWhatsApp({
    store,
    vault,
    passkeys,
    config: whatsappConfig(config, accountEvents, overrides),
    logger: part('whatsapp'),
    clock,
    openFile,
    ...(tracing && { tracing: tracing.arrivals }),
  })
  const traced = tracing?.whatsapp(baileys) ?? baileys
  const whatsapp = overrides.whatsapp?.(traced) ?? traced

  const downloads = new Downloads({
    ...{ store, whatsapp, files, clock, maxBytes, logger: part('downloads') },
    chatsOf: sessionId => registry.chatsOf(sessionId),
    ...(cluster && { isHere: sessionId => registry.find(sessionId) !== undefined }),
    onSettled: lane => deliveries.wake(lane),
  })
  const onDownload = () => causedByNobody(() => downloads.startDue())
  const versions = new VersionBreaker({
    ...{ clock, logger: part('sessions') },
    onAccepted: () => registry.tellAll({ type: 'version.accepted' }),
  })
  const machine = bindEffects({
    registry,
    whatsapp,
    laravel,
    vault,
    passkeys,
    store,
    clock,
    connects: createConnectLimiter(config.connect, clock),
    versions,
    qr: config.qr,
    tellLaravel,
    onDownload,
    ...(accountEvents.includes('contact') && { contactNames: new ContactNames({ store, clock }) }),
  })
  const supervisor = new Supervisor({
    registry,
    store,
    clock,
    logger: part('sessions'),
    whatsapp,
    media,
    machine,
    tellLaravel,
    sendMaxAgeMs: config.send.maxAgeMs,
    sendPerMinute: config.send.perMinute,
    tellStatus: tellLaravel && config.laravel.messageStatus,
    tellPasskeys: tellLaravel && config.laravel.events.includes('passkey'),
    idle: config.idle,
    onDelivery: lane => deliveries.wake(lane),
    onDownload,
    onDead: dead.resolve,
    onRefused: type => metrics.refused(type),
    rejoin: cluster?.ownership,
    ...(mailbox && { mailbox }),
  })
  faults.endWith((sessionId, error) => supervisor.crash(sessionId, error))

  const retention = createRetention({
    ...{ store, files, clock, logger: part('retention'), keep: config.keep, upkeep },
    removeFiles: erasure.removeFiles,
    sendMaxAgeMs: config.send.maxAgeMs,
  })

  const ready = createReadiness({
    problems: () => [supervisor.problem() ?? watch.problem(), versions.problem(), queue.problem()],
    warnings: () => [
      ...[...supervisor.warnings(), watch.warning(), faults.warning(), linkBase.warning],
      ...(cluster?.warnings() ?? []),
    ],
    ...{ laravel, deliveries, node: cluster?.state },
  })
  metrics.read({
    stats: () => supervisor.stats(),
    quarantined: () => supervisor.quarantined,
    ...{ diskFree, node: cluster?.state },
    laravel: async () => {
      const { laravel } = await ready()
      return { failing: laravel?.failing ?? [], late: deliveries.late().lanes }
    },
    deliveries: store.deliveries,
  })
  const own = createQueries(store, supervisor, mailbox)
  const queries = cluster?.ofAll(own) ?? own
  const dashboard = createAppDashboard({
    ...{ store, supervisor, queries, deliveries, ready },
    ...{ takenAt: taken.at, files: served, now: clock.now },
  })
  const check = createLaravelCheck({
    ...{ ...config.laravel, clock, wall },
    onQuestion: finding => laravel.faults.note(QUESTION, finding),
  })
  const http = createHttp({
    config: config.http,
    sendWaitMs: config.send.waitMs,
    ...(legacy !== null && { legacy }),
    sessions: createCommands({
      ...{ supervisor, queries, store, vault, passkeys, clock, whatsapp, mailbox },
      accountEvents,
      onDownload,
    }),
    queries,
    ...(routing && { routing }),
    ...(logins && { logins }),
    facts: store.committed,
    inspector: createInspector({
      charts: createCharts(registry, supervisor),
      ...{ clock, wall, logger: part('inspector') },
    }),
    metrics,
    ...(tracing && { tracing }),
    undelivered: createUndelivered(store.deliveries, deliveries, clock, owners),
    laravelCheck: check,
    mediaPreparer: media,
    mediaServer: served,
    vault,
    passkeys,
    base: () => linkBase.url,
    ready,
    ...(config.dashboard && { dashboard }),
    documentation: documentationLoader(VERSIONS.version),
    logger: part('http'),
    clock,
    timeOfDay,
  })

  deliveries.start()
  await supervisor.start()
  await cluster?.ownership.start(supervisor.residents)
  const { url, port } = await http.listen()
  linkBase = linkBaseOf(config, port)
  await cluster?.ownership.reachableAt(nodeUrlOf(config, port))
  if (linkBase.warning !== null) logger.warn(linkBase.warning.message)
  downloads.startDue()
  for (const one of [retention, erasure, watch]) one.start()
  logStart(logger, { url, place, sessions: supervisor.live, laravel: laravel.address }, config)
  if (tellLaravel) void logCheck(check, part('laravel'))

  return {
    url,
    dead: dead.promise,
    async stop() {
      http.refuse()
      watch.stop()
      await Promise.all([check.stop(), http.close(), cluster?.ownership.evacuate()])
      await Promise.all([downloads.stop(), retention.stop()])
      await supervisor.stop()
      await cluster?.ownership.giveUpAll()
      await erasure.stop()
      await deliveries.stop(2000)
      await cluster?.ownership.leave()
      await laravel.close()
      await Promise.all([store.close(), tracing?.stop()])
    },
  }
}
