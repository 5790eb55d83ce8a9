import { expect, it } from 'vitest'
import { createActor } from 'xstate'
import { sessionMachine } from '../../../machines/session.machine.ts'
import { throttledBy } from '../../../machines/session.timers.ts'
import { FactRecorder, type Machine } from '../../../src/sessions/host/fact-recorder.ts'
import type { Stream } from '../../../src/sessions/host/stream.ts'
import { createTestClock } from '../../base/clock.ts'

it('A QR that comes twice is recorded once, and whoever counts hears of the other', () => {
  const clock = createTestClock()
  const recorded: string[] = []
  const refused: string[] = []
  const times = { throttleMs: 30_000, expiryMs: 60_000 }
  const machine = sessionMachine.provide({
    guards: { isThrottled: throttledBy(times) as () => boolean },
  }) as Machine
  const recorder = new FactRecorder(machine, { seq: 1 } as Stream, {
    clock,
    onRefused: type => void refused.push(type),
    takesFacts: () => true,
    record: ({ fact }) => void recorded.push(fact.type),
  })
  const input = { sessionId: 's1', userId: 7, at: clock.now() }
  const actor = createActor(recorder.logic, { input, clock: clock as never }).start()
  const qr = { type: 'socket.qr', hash: 'a', expiresAt: clock.now() + 60_000 } as const
  actor.send({ ...qr } as never)
  actor.send({ ...qr } as never)
  actor.send({ ...qr, hash: 'b' } as never)
  expect([recorded, refused]).toEqual([['socket.qr', 'socket.qr'], ['socket.qr']])
  actor.stop()
})
