import { EventEmitter } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { watchAcks } from '../../../src/whatsapp/patches/unacked-sends.ts'
import { UnackedSends } from '../../../src/whatsapp/sending/unacked-sends.ts'

type Socket = Parameters<typeof watchAcks>[0]

/** A connection that is asked when the test says so. */
function connection() {
  let second = 0
  const now = () => second * 1000
  const ws = new EventEmitter() as never as EventEmitter & Socket['ws']
  const sends = new UnackedSends(now)
  const heard: number[] = []
  watchAcks(
    { ws },
    () => sends.silentSince,
    ms => heard.push(ms),
    { now },
  )
  return {
    sends,
    heard,
    at: (next: number) => {
      second = next
    },
    /** A ping, and what comes before the loop has gone round. */
    async ping(meanwhile = () => {}) {
      ws.on(`TAG:${second}`, () => {})
      meanwhile()
      await setImmediate()
    },
  }
}
const written = { written: Promise.resolve(null), completes: false }

it('The first ping 60 s after a send was written tells, and none before', async () => {
  const { sends, heard, at, ping } = connection()
  sends.add('A', written)
  await setImmediate()
  for (const second of [29, 59]) {
    at(second)
    await ping()
  }
  expect(heard).toEqual([])
  at(89)
  await ping()
  expect(heard).toEqual([89_000])
})

it('What is not written yet, goes to other devices only, or failed is not waited for', async () => {
  const { sends, heard, at, ping } = connection()
  const { promise, resolve } = Promise.withResolvers<null>()
  sends.add('A', { ...written, written: promise })
  sends.add('B', { ...written, completes: true })
  sends.add('C', { ...written, written: Promise.reject(new Error('not written')) })
  await setImmediate()
  at(100)
  await ping()
  expect([heard, sends.silentSince]).toEqual([[], null])
  resolve(null)
  await setImmediate()
  at(161)
  await ping()
  expect(heard).toEqual([61_000])
})

it('An ack or a receipt is enough, also one that is read as the ping leaves', async () => {
  const { sends, heard, at, ping } = connection()
  for (const id of ['A', 'B', 'C']) sends.add(id, written)
  await setImmediate()
  sends.take('A')
  sends.arrived('B')
  at(70)
  await ping(() => sends.take('C'))
  expect([heard, sends.silentSince]).toEqual([[], null])
  expect(sends.take('B')).toBe(written)
})

it('A receipt may come before the write is reported', async () => {
  const { sends } = connection()
  const { promise, resolve } = Promise.withResolvers<null>()
  sends.add('A', { ...written, written: promise })
  sends.arrived('A')
  resolve(null)
  await setImmediate()
  expect(sends.silentSince).toBe(null)
})

it('A send that leaves once more is waited for from then on', async () => {
  const { sends, heard, at, ping } = connection()
  sends.add('A', written)
  await setImmediate()
  at(50)
  sends.add('A', { ...written })
  await setImmediate()
  at(80)
  await ping()
  expect(heard).toEqual([])
  at(111)
  await ping()
  expect(heard).toEqual([61_000])
})

it('Of what only grows, the oldest is forgotten', async () => {
  const { sends } = connection()
  for (let i = 0; i <= 1000; i++) sends.add(String(i), written)
  await setImmediate()
  expect([sends.take('0'), sends.take('1')]).toEqual([undefined, written])
})
