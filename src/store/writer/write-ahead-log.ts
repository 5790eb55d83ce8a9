import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** Frames of one page each: a checkpoint of so many takes a few ms. */
const LONG = 500
/** A commit that finds so many brings them over itself: nobody was idle for as long. */
const TOO_LONG = 4000

/** Brings what was committed into the database file while nobody waits, little and often: a commit that does it takes its callers along. */
export class WriteAheadLog {
  readonly #length: StatementSync
  readonly #checkpoint: StatementSync
  readonly #truncate: StatementSync
  #holdsErased = false

  constructor(db: DatabaseSync) {
    db.exec(`PRAGMA wal_autocheckpoint = ${TOO_LONG}`)
    this.#length = db.prepare('PRAGMA wal_checkpoint(NOOP)')
    this.#checkpoint = db.prepare('PRAGMA wal_checkpoint(PASSIVE)')
    this.#truncate = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)')
  }

  /** To be called when no write waits. */
  checkpointIfLong(): void {
    unlessDiskFails(() => {
      if (this.#holdsErased) this.truncate()
      const { log, checkpointed } = this.#length.get() as { log: number; checkpointed: number }
      if (log - checkpointed >= LONG) this.#checkpoint.get()
    })
  }

  /** Takes what was erased out of the log too: now, or as soon as the disk allows it. */
  truncate(): void {
    this.#holdsErased = true
    unlessDiskFails(() => {
      const { busy } = this.#truncate.get() as { busy: number }
      this.#holdsErased = busy !== 0
    })
  }
}

/** What could not be brought over stands in the log, which is as good: the next commit says whether the disk still works. */
function unlessDiskFails(work: () => void): void {
  try {
    work()
  } catch {}
}
