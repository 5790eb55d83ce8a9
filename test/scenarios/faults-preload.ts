import { AsyncLocalStorage } from 'node:async_hooks'
import { EventEmitter } from 'node:events'
import { syncBuiltinESMExports } from 'node:module'
import { DatabaseSync } from 'node:sqlite'
import threads from 'node:worker_threads'
import { WebSocket } from 'ws'

/** Breaks things inside the manager's process when its parent says so. */

type Work = (run: () => void) => void
/** Runs work as an event of the newest connection to WhatsApp would. */
let inSession: Work = run => run()
let writer: threads.Worker | null = null

const emit = WebSocket.prototype.emit
WebSocket.prototype.emit = function (this: WebSocket, event: string | symbol, ...args: unknown[]) {
  if (event === 'message') inSession = AsyncLocalStorage.snapshot() as Work
  return emit.call(this, event, ...args)
}

const disk = new threads.BroadcastChannel('disk')
disk.unref()
if (!threads.isMainThread) {
  const { exec } = DatabaseSync.prototype
  DatabaseSync.prototype.exec = function (sql) {
    disk.onmessage = event => exec.call(this, `PRAGMA max_page_count = ${(event as MessageEvent).data}`)
    exec.call(this, sql)
  }
}

const { Worker } = threads
threads.Worker = class extends Worker {
  constructor(file: ConstructorParameters<typeof Worker>[0], options: threads.WorkerOptions = {}) {
    const isStore = options.name === 'store'
    super(file, isStore ? { ...options, execArgv: ['--import', import.meta.filename] } : options)
    if (isStore) writer = this
  }
}
syncBuiltinESMExports()

const boom = () => {
  throw new Error('secret text of an error')
}
const FAULTS: Record<string, () => void> = {
  timer: () => setTimeout(boom),
  immediate: () => setImmediate(boom),
  tick: () => process.nextTick(boom),
  microtask: () => queueMicrotask(boom),
  rejection: () => void Promise.reject(new Error('secret text of an error')),
  emitter: () => setTimeout(() => new EventEmitter().emit('error', new Error('secret text of an error'))),
  thrownText: () =>
    setTimeout(() => {
      throw 'secret text of an error'
    }),
}

if (threads.isMainThread)
  process.on('message', (said: string) => {
    const [kind, where] = said.split(' ')
    if (said === 'end the writer') void writer?.terminate()
    else if (said === 'break the writer') writer?.postMessage([{ seen: 0, now: 0, requests: null }])
    // Less than there is: not one page more.
    else if (said === 'fill the disk') disk.postMessage(1)
    else if (said === 'make room') disk.postMessage(1_000_000)
    else if (where === 'in-session') inSession(FAULTS[kind!]!)
    else FAULTS[kind!]!()
  })
if (threads.isMainThread) process.channel?.unref()
