import { openSqliteStore } from '../../src/store/sqlite.ts'
import { given, messageFact } from './facts.ts'

/** Writes to the streams of a directory as fast as it can until it is killed; prints each acknowledged `session seq`. */

const STREAMS = 6

const store = await openSqliteStore({ dataDir: process.argv[2]! })

async function write(sessionId: string): Promise<void> {
  if (!(await store.sessions.find(sessionId))) await given(store, sessionId)
  const { streamId, lastSeq } = (await store.sessions.find(sessionId))!
  const epoch = await store.claim(streamId)
  for (let seq = lastSeq + 1; ; seq++) {
    // The key must always say the same as the log.
    const value = Buffer.from(String(seq))
    await store.commit({
      streamId,
      epoch,
      events: [messageFact(seq)],
      keys: [{ type: 't', id: 'seq', value }],
    })
    process.stdout.write(`${sessionId} ${seq}\n`)
  }
}

await Promise.all(Array.from({ length: STREAMS }, (_, i) => write(`s${i}`)))
