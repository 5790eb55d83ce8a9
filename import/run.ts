import { optionsOf } from '../command-line/command-line.ts'
import { silenceConsole } from '../patches/libsignal-console.ts'
import { GatewayError } from '../src/base/errors.ts'
import { type Config, loadConfig } from '../src/config.ts'
import { openStore } from '../src/store/open-store.ts'
import { peekIntoStore } from '../src/store/peek.ts'
import { findFolders } from './find-folders.ts'
import { ImportError } from './import-error.ts'
import { type Home, moveIn } from './move-in.ts'
import { namesBy } from './names.ts'
import { IMPORT, importOptions } from './options.ts'
import { Report } from './report.ts'

const EMPTY: Home = {
  sessions: {
    find: async () => null,
    list: async () => ({ count: 0, rows: [] }),
    acceptedStatus: async () => null,
    async *all() {},
  },
  keys: { get: async () => ({}), inbox: async () => null, unfinished: async () => [] },
}

async function homeOf(
  { dataDir, databaseUrl }: Pick<Config, 'dataDir' | 'databaseUrl'>,
  dryRun: boolean,
): Promise<{ home: Home; close(): void | Promise<void> }> {
  if (!dryRun) {
    const { store } = await openStore({ dataDir, databaseUrl })
    return { home: store, close: () => store.close() }
  }
  if (databaseUrl !== null) {
    // Only tables that are missing are made: what is in them stays as it is.
    const { openPostgresStore } = await import('../src/store/postgres/postgres.ts')
    const store = await openPostgresStore({ url: databaseUrl, connections: 2 })
    return { home: store, close: () => store.close() }
  }
  const peek = peekIntoStore(dataDir)
  return { home: peek ?? EMPTY, close: () => peek?.close() }
}

/** Resolves with whether every folder has its session here now. */
async function main(): Promise<boolean> {
  const options = importOptions(optionsOf(IMPORT))
  const { dataDir, databaseUrl } = loadConfig(process.env)
  const names = namesBy(options.user)
  const folders = findFolders(options.auth)
  // libsignal prints whole records of peers.
  silenceConsole(() => {})
  const { home, close } = await homeOf({ dataDir, databaseUrl }, options.dryRun)
  try {
    const report = new Report(
      process.stdout,
      options,
      folders.map(({ name }) => name),
    )
    const began = performance.now()
    report.begin(databaseUrl === null ? `DATA_DIR ${dataDir}` : 'DATABASE_URL')
    const { leavesOutBroken } = options
    for await (const outcome of moveIn(folders, home, { names, leavesOutBroken, now: Date.now }))
      report.tell(outcome)
    report.end(performance.now() - began)
    return report.isWhole
  } finally {
    await close()
  }
}

try {
  process.exitCode = (await main()) ? 0 : 1
} catch (error) {
  const isOurs = error instanceof ImportError || error instanceof GatewayError
  process.stderr.write(`${isOurs ? error.message : `import: ${String((error as Error).stack)}`}\n`)
  process.exitCode = 1
}
