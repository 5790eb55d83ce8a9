import { DatabaseSync } from 'node:sqlite'
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { GatewayError } from '../../base/errors.ts'
import { storeFailure, toFailure } from '../failures.ts'
import { prepareSchema } from '../schema.ts'
import { GroupCommit } from './group-commit.ts'
import type { Answer, Batch, Command, WriterOptions } from './worker-messages.ts'
import { WriteAheadLog } from './write-ahead-log.ts'

/** The only connection that writes: commits whatever arrived while the last commit ran. */

const { file, maxPages, keepsDone } = workerData as WriterOptions & { file: string }

function open(): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: 5_000 })
  db.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA cache_size = -16000',
  )
  prepareSchema(db)
  if (maxPages !== null) db.exec(`PRAGMA max_page_count = ${maxPages}`)
  return db
}

function serve(port: MessagePort, db: DatabaseSync): void {
  const group = new GroupCommit(db, { keepsDone })
  const wal = new WriteAheadLog(db)
  const next = () => receiveMessageOnPort(port)?.message as Command | undefined
  port.on('message', (first: Command) => {
    let command: Command | undefined = first
    while (command !== undefined && command !== 'close') {
      const batches: Batch[] = []
      do {
        batches.push(...command)
        command = next()
      } while (command !== undefined && command !== 'close')
      port.postMessage(group.run(batches) satisfies Answer)
      if (group.takeErased()) wal.truncate()
      command ??= next()
    }
    if (command === undefined) return wal.checkpointIfLong()
    db.close()
    port.close()
  })
}

try {
  const db = open()
  serve(parentPort!, db)
  parentPort!.postMessage({ ready: true } satisfies Answer)
} catch (error) {
  const broken = error instanceof GatewayError ? toFailure(error) : storeFailure(error)
  parentPort!.postMessage({ broken } satisfies Answer)
  parentPort!.close()
}
