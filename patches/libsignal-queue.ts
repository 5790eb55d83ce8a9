/**
 * libsignal 6.0.0. Upstream: none known.
 *
 * Its queues are keyed by the peer's address alone and shared by all accounts, and a job that waited runs in the async context of
 * whoever came first. A Baileys transaction (an AsyncLocalStorage) of account A then sees account B's context, or an old one of
 * its own, and its ratchet is written apart from its transaction or never. Here each account has queues of its own, and each job runs in
 * the context of its caller.
 *
 * It can go when libsignal does so itself: test/patches/libsignal-queue.test.ts then fails.
 * Applied in src/whatsapp/whatsapp.ts.
 */

import { AsyncLocalStorage } from 'node:async_hooks'
import { loadLibsignal } from './load-libsignal.ts'

type Storage = Record<string, (...args: unknown[]) => unknown>
interface OfPeer {
  storage: Storage
  addr: { toString(): string }
}
interface Libsignal {
  SessionCipher: { prototype: OfPeer & { queueJob<T>(job: () => Promise<T>): Promise<T> } }
  SessionBuilder: { prototype: OfPeer & { initOutgoing(bundle: unknown): Promise<void> } }
}

const MENDED = Symbol.for('whatsapp-manager.signal-queue')

/** Makes libsignal run each job in the async context of its caller, once per process. */
export function mendSignalQueue(): void {
  const { SessionCipher, SessionBuilder } = loadLibsignal<Libsignal>()
  const cipher: typeof SessionCipher.prototype & { [MENDED]?: true } = SessionCipher.prototype
  if (cipher[MENDED]) return
  const inQueue = queues()
  cipher.queueJob = function (job) {
    return inQueue(this, job)
  }
  const builder = SessionBuilder.prototype
  const { initOutgoing } = builder
  builder.initOutgoing = function (bundle) {
    // It queues once more, among all accounts.
    const bound = () => Object.create(this, { storage: { value: inThisContext(this.storage) } })
    return inQueue(this, () => initOutgoing.call(bound(), bundle))
  }
  cipher[MENDED] = true
}

/** Runs one job after the other for each peer of an account, which its storage stands for. */
function queues(): <T>(peer: OfPeer, job: () => Promise<T>) => Promise<T> {
  const byStorage = new WeakMap<object, Map<string, Promise<void>>>()
  return async ({ storage, addr }, job) => {
    const lastOf = byStorage.get(storage) ?? new Map<string, Promise<void>>()
    byStorage.set(storage, lastOf)
    const name = addr.toString()
    const last = lastOf.get(name)
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    lastOf.set(name, ended)
    try {
      if (last !== undefined) await last
      return await job()
    } finally {
      if (lastOf.get(name) === ended) lastOf.delete(name)
      end()
    }
  }
}

/** The same storage, called in the async context of now. */
function inThisContext(storage: Storage): Storage {
  const inContext = AsyncLocalStorage.snapshot()
  return new Proxy(storage, {
    get(target, name: string) {
      const method = target[name]
      return typeof method === 'function'
        ? (...args: unknown[]) => inContext(() => method.apply(target, args))
        : method
    },
  })
}
