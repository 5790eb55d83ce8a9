import { describe, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import { WriteGate } from '../../src/whatsapp/write-gate.ts'

/** A gate in front of a WebSocket that remembers what was written to it. */
function setUp() {
  const written: string[] = []
  const websocket = {
    send: (data: string, done: (error?: Error) => void) => {
      written.push(data)
      done()
    },
  }
  const gate = new WriteGate(websocket as unknown as WebSocket)
  const outcomes: string[] = []
  const write = (data: string) =>
    websocket.send(data, error => void outcomes.push(error ? `${data}: ${error.message}` : data))
  return { gate, write, written, outcomes }
}
const nextTurn = () => new Promise(resolve => setImmediate(resolve))

describe('the gate in front of a WebSocket', () => {
  it('writes each frame in its order once all holds of before have ended, whichever ends first', async () => {
    for (const [order, early] of [
      [
        [0, 1, 2],
        ['frame 0', 'frame 1'],
      ],
      [[0, 2, 1], ['frame 0']],
      [[2, 1, 0], []],
      [[1, 2, 0], []],
    ] as const) {
      const { gate, write, written, outcomes } = setUp()
      const holds = [0, 1, 2].map(() => Promise.withResolvers<void>())
      write('before')
      for (const [i, { promise }] of holds.entries()) {
        gate.holdUntil(promise)
        write(`frame ${i}`)
      }
      for (const i of order.slice(0, 2)) holds[i]!.resolve()
      await nextTurn()
      expect(written).toEqual(['before', ...early])
      write('late')
      holds[order[2]!]!.resolve()
      await nextTurn()
      write('after')
      expect(written).toEqual(['before', 'frame 0', 'frame 1', 'frame 2', 'late', 'after'])
      expect(outcomes).toEqual(written)
    }
  })

  it('is not kept closed by holds that begin before others end', async () => {
    const { gate, write, written } = setUp()
    let current = Promise.withResolvers<void>()
    gate.holdUntil(current.promise)
    for (let n = 0; n < 3; n++) {
      write(`frame ${n}`)
      const next = Promise.withResolvers<void>()
      gate.holdUntil(next.promise)
      current.resolve()
      current = next
      await nextTurn()
    }
    expect(written).toEqual(['frame 0', 'frame 1', 'frame 2'])
  })

  it('lets whoever writes go on at once, and says when what was written has left', async () => {
    const { gate, write, written, outcomes } = setUp()
    await gate.written()
    const hold = Promise.withResolvers<void>()
    gate.holdUntil(hold.promise)
    write('kept')
    const left = gate.written().then(() => [...written])
    expect([written, outcomes]).toEqual([[], ['kept']])
    hold.resolve()
    expect(await left).toEqual(['kept'])
  })

  it('writes nothing more once what it waited for has failed, and fails each later write', async () => {
    const { gate, write, written, outcomes } = setUp()
    const [good, bad] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    gate.holdUntil(good.promise)
    gate.holdUntil(bad.promise)
    write('kept')
    const left = expect(gate.written()).rejects.toThrow('disk full')
    bad.reject(new Error('disk full'))
    await nextTurn()
    write('later')
    good.resolve()
    await nextTurn()
    write('at last')
    expect(written).toEqual([])
    expect(outcomes).toEqual(['kept', 'later: disk full', 'at last: disk full'])
    await left
    await expect(gate.written()).rejects.toThrow('disk full')
  })
})
