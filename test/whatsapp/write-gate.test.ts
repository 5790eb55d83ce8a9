import { EventEmitter } from 'node:events'
import type { WASocket } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { makeWired } from '../../src/whatsapp/socket/guarded-socket.ts'

/** A wire over a WebSocket that remembers what was written to it. */
function setUp() {
  const written: string[] = []
  const raw = {
    send: (data: string, done: (error?: Error) => void) => {
      written.push(data)
      done()
    },
    close() {},
    terminate() {},
  }
  const ws = Object.assign(new EventEmitter(), { socket: raw })
  const problems = { undecryptable() {}, refused() {}, rejected() {} }
  const { wire } = makeWired(() => ({ ws, ev: new EventEmitter() }) as unknown as WASocket, problems)
  const outcomes: string[] = []
  const write = (data: string) =>
    raw.send(data, error => void outcomes.push(error ? `${data}: ${error.message}` : data))
  return { wire, write, written, outcomes }
}
const turn = () => new Promise(resolve => setImmediate(resolve))

describe('holding back what is written', () => {
  it('keeps the order of frames through holds that overlap, whichever ends first', async () => {
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      const { wire, write, written, outcomes } = setUp()
      const holds = [0, 1, 2].map(() => Promise.withResolvers<void>())
      write('before')
      for (const [i, { promise }] of holds.entries()) {
        wire.hold(promise)
        write(`frame ${i}`)
      }
      for (const i of order.slice(0, 2)) holds[i]!.resolve()
      await turn()
      expect(written).toEqual(['before'])
      write('late')
      holds[order[2]!]!.resolve()
      await turn()
      write('after')
      expect(written).toEqual(['before', 'frame 0', 'frame 1', 'frame 2', 'late', 'after'])
      expect(outcomes).toEqual(written)
    }
  })

  it('writes nothing more once one failed, and says so', async () => {
    const { wire, write, written, outcomes } = setUp()
    const [good, bad] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    wire.hold(good.promise)
    wire.hold(bad.promise)
    write('kept')
    bad.reject(new Error('disk full'))
    await turn()
    write('later')
    good.resolve()
    await turn()
    write('at last')
    expect(written).toEqual([])
    expect(outcomes).toEqual(['kept: disk full', 'later: disk full', 'at last: disk full'])
  })
})
