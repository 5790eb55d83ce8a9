import { syncBuiltinESMExports } from 'node:module'
import { DatabaseSync } from 'node:sqlite'
import { serialize } from 'node:v8'
import threads from 'node:worker_threads'
import { WebSocket } from 'ws'

/** Counts what the manager's process does, and prints the counts when its parent asks. */

const LARGE = 64 * 1024
const SHARED = 'counts of the store'
const counts = { posts: 0, postedBytes: 0, frames: 0, largeBuffers: 0 }

if (threads.isMainThread) {
  const stored = new Float64Array(new SharedArrayBuffer(16))
  threads.setEnvironmentData(SHARED, stored)
  countPosts()
  countFrames()
  countLargeBuffers()
  process.on('message', mark => {
    const [commits, rows] = stored
    process.stdout.write(`\n${mark} ${JSON.stringify({ ...counts, commits, rows })}\n`)
  })
  process.channel?.unref()
} else countCommits(threads.getEnvironmentData(SHARED) as Float64Array)

function countPosts(): void {
  const { Worker } = threads
  threads.Worker = class extends Worker {
    constructor(file: ConstructorParameters<typeof Worker>[0], options: threads.WorkerOptions = {}) {
      const isStore = options.name === 'store'
      super(file, isStore ? { ...options, execArgv: ['--import', import.meta.filename] } : options)
      if (!isStore) return
      const { postMessage } = this
      this.postMessage = (message, transfer) => {
        counts.posts++
        counts.postedBytes += serialize(message).length
        postMessage.call(this, message, transfer)
      }
    }
  }
  syncBuiltinESMExports()
}

function countFrames(): void {
  const { send } = WebSocket.prototype
  WebSocket.prototype.send = function (this: WebSocket, ...args: unknown[]) {
    counts.frames++
    return (send as (...args: unknown[]) => void).apply(this, args)
  }
}

/** What small buffers share a pool for is not seen, and need not be. */
function countLargeBuffers(): void {
  for (const name of ['alloc', 'allocUnsafe', 'allocUnsafeSlow', 'concat', 'from'] as const) {
    const make = Buffer[name] as (...args: unknown[]) => Buffer
    Object.assign(Buffer, {
      [name](...args: unknown[]) {
        const made = make.apply(Buffer, args)
        if (made.byteLength > LARGE) counts.largeBuffers++
        return made
      },
    })
  }
}

function countCommits(stored: Float64Array): void {
  const { exec } = DatabaseSync.prototype
  DatabaseSync.prototype.exec = function (sql) {
    exec.call(this, sql)
    if (sql !== 'COMMIT') return
    stored[0]!++
    stored[1] = Number(this.prepare('SELECT total_changes() AS changes').get()!.changes)
  }
}
