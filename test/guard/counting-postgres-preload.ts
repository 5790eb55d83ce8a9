import { isMainThread } from 'node:worker_threads'
import pg from 'pg'

/** Counts what the manager's process asks of PostgreSQL, and prints the counts when its parent asks. */

const counts = { statements: 0, commits: 0 }

if (isMainThread) {
  const { query } = pg.Client.prototype
  pg.Client.prototype.query = function (this: pg.Client, ...given: unknown[]) {
    const text = (given[0] as { text?: string }).text ?? given[0]
    // What nodes ask for each other's sake has nothing to do with messages.
    if (!/\bnodes\b.*\blease_until\b/s.test(String(text)) || /INTO lane_leases/.test(String(text)))
      counts.statements++
    if (text === 'COMMIT') counts.commits++
    return (query as (...given: unknown[]) => unknown).apply(this, given)
  } as typeof query
  process.on('message', mark => process.stdout.write(`\n${mark} ${JSON.stringify(counts)}\n`))
  process.channel?.unref()
}
