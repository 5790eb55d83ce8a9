/**
 * libsignal 6.0.0. Upstream: none known.
 *
 * Its queues are keyed by the peer's address alone and shared by all accounts, and a job that waited runs in the async context of
 * whoever came first. A Baileys transaction (an AsyncLocalStorage) of account A then sees account B's context, or an old one of
 * its own, and its ratchet is written apart from its transaction or never. Each job runs in the context of its caller instead.
 *
 * It can go when libsignal does so itself: test/patches/libsignal-queue.test.ts then fails.
 * Applied in src/whatsapp/whatsapp.ts.
 */

import { AsyncLocalStorage } from 'node:async_hooks'
import { loadLibsignal } from './load-libsignal.ts'

type Storage = Record<string, (...args: unknown[]) => unknown>
interface Libsignal {
  SessionCipher: { prototype: { queueJob(job: () => Promise<unknown>): Promise<unknown> } }
  SessionBuilder: { prototype: { storage: Storage; initOutgoing(bundle: unknown): Promise<void> } }
}

const MENDED = Symbol.for('whatsapp-manager.signal-queue')

/** Makes libsignal run each job in the async context of its caller, once per process. */
export function mendSignalQueue(): void {
  const { SessionCipher, SessionBuilder } = loadLibsignal<Libsignal>()
  const cipher: typeof SessionCipher.prototype & { [MENDED]?: true } = SessionCipher.prototype
  if (cipher[MENDED]) return
  const { queueJob } = cipher
  cipher.queueJob = function (job) {
    const inCallersContext = AsyncLocalStorage.snapshot()
    return queueJob.call(this, () => inCallersContext(job))
  }
  const builder = SessionBuilder.prototype
  const { initOutgoing } = builder
  builder.initOutgoing = function (bundle) {
    return initOutgoing.call(Object.create(this, { storage: { value: bound(this.storage) } }), bundle)
  }
  cipher[MENDED] = true
}

/** The same storage, called in the async context of now. */
function bound(storage: Storage): Storage {
  const inCallersContext = AsyncLocalStorage.snapshot()
  return new Proxy(storage, {
    get(target, name: string) {
      const method = target[name]
      return typeof method === 'function'
        ? (...args: unknown[]) => inCallersContext(() => method.apply(target, args))
        : method
    },
  })
}
