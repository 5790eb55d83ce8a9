import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, expect, it } from 'vitest'
import { mendSignalQueue } from '../../patches/libsignal-queue.ts'
import { loadLibsignal } from '../../patches/load-libsignal.ts'

interface Cipher {
  queueJob(job: () => Promise<unknown>): Promise<unknown>
}
const account = new AsyncLocalStorage<string>()
const signal = loadLibsignal<{
  ProtocolAddress: new (user: string, device: number) => unknown
  SessionCipher: { new (storage: object, address: unknown): Cipher; prototype: Cipher }
  SessionBuilder: new (storage: object, address: unknown) => { initOutgoing(bundle: object): Promise<void> }
}>()

/** Two accounts use the same peer at once: whose context does the second one's job see? */
async function contextOfTheSecondJob(): Promise<string | undefined> {
  const address = new signal.ProtocolAddress('998_1', 0)
  const cipher = (): Cipher => new signal.SessionCipher({}, address)
  const first = Promise.withResolvers<void>()
  const running = account.run('first', () => cipher().queueJob(() => first.promise))
  const seen = account.run('second', () => cipher().queueJob(async () => account.getStore()))
  first.resolve()
  await running
  return (await seen) as string | undefined
}

/** The same with a session built from a bundle: which context do the calls to its storage see? */
async function contextsOfABundle(): Promise<Set<string | undefined>> {
  const address = new signal.ProtocolAddress('997_1', 0)
  const seen = new Set<string | undefined>()
  const storage = {
    isTrustedIdentity: () => {
      seen.add(account.getStore())
      throw new Error('enough seen')
    },
  }
  const first = Promise.withResolvers<void>()
  const running = account.run('first', () =>
    new signal.SessionCipher({}, address).queueJob(() => first.promise),
  )
  const built = account.run('second', () => new signal.SessionBuilder(storage, address).initOutgoing({}))
  first.resolve()
  await running
  await expect(built).rejects.toThrow('enough seen')
  return seen
}

describe('the job queue of libsignal', () => {
  it('mixes up accounts until it is mended', async () => {
    expect(await contextOfTheSecondJob(), 'upstream mended it: drop libsignal-queue.ts').toBe('first')
    expect(await contextsOfABundle()).toEqual(new Set(['first']))
    mendSignalQueue()
    expect(await contextOfTheSecondJob()).toBe('second')
    expect(await contextsOfABundle()).toEqual(new Set(['second']))
  })

  it('lets the jobs of one account and peer wait for each other, and no others', async () => {
    mendSignalQueue()
    const storage = {}
    const queue = (of: object, user: string, job: () => Promise<unknown>) =>
      new signal.SessionCipher(of, new signal.ProtocolAddress(user, 0)).queueJob(job)
    const first = Promise.withResolvers<void>()
    const order: string[] = []
    const said = (what: string) => async () => void order.push(what)
    const failed = queue(storage, '996_1', () => first.promise)
    const waiting = queue(storage, '996_1', said('after it'))
    await queue(storage, '995_1', said('another peer'))
    await queue({}, '996_1', said('another account'))
    first.reject(new Error('bad MAC'))
    await expect(failed).rejects.toThrow('bad MAC')
    await waiting
    expect(order).toEqual(['another peer', 'another account', 'after it'])
  })

  it('is mended once', () => {
    mendSignalQueue()
    const { queueJob } = signal.SessionCipher.prototype
    mendSignalQueue()
    expect(signal.SessionCipher.prototype.queueJob).toBe(queueJob)
  })
})
