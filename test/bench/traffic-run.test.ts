import { expect, it } from 'vitest'
import type { Contender } from '../../bench/contenders/contender.ts'
import type { MeasureOptions } from '../../bench/figures.ts'
import { TrafficRun } from '../../bench/traffic-run.ts'

const pair = { number: '1', contact: '2', address: '2@s.whatsapp.net', byLid: false }

/** A run whose simulator answers so, and whose Laravel got these ids. */
function runWith(answers: Record<string, unknown>, arrived: string[] = []) {
  const contender = { pid: process.pid, pids: [process.pid], send: async () => ['A', 'B'] }
  const arrivals = new Map<string, number[]>()
  const simulator = {
    async call(name: string) {
      if (name === 'sendTexts') for (const id of arrived) arrivals.set(id, [...(arrivals.get(id) ?? []), 5])
      if (answers[name] instanceof Error) throw answers[name]
      return answers[name]
    },
  }
  const options = { simulator, laravel: { arrivals }, traffic: { members: 20 }, memberships: [] }
  return new TrafficRun(contender as unknown as Contender, [pair], options as unknown as MeasureOptions)
}

const read = { checkReceived: { missing: [], doubled: [] }, settle: undefined }

it('says what was lost, doubled or never acknowledged of what was sent', async () => {
  const good = runWith(read)
  await good.send(1)
  expect(good.integrity).toMatchObject({ sent: 2, decrypted: 2, troubles: [] })

  const bad = runWith({
    checkReceived: { missing: ['A'], doubled: ['B'] },
    settle: new Error('3 stanzas were never acknowledged'),
  })
  await bad.send(1)
  expect(bad.integrity).toMatchObject({ sent: 2, decrypted: 1 })
  expect(bad.integrity.troubles.sort()).toEqual([
    'A was acked, and not every contact decrypted it',
    'B was decrypted twice',
    'Error: 3 stanzas were never acknowledged',
  ])
})

it('says what Laravel got twice, and counts from the socket to the POST', async () => {
  const run = runWith({ ...read, sendTexts: [{ id: 'X', at: 2 }] }, ['X', 'X'])
  await run.receive(1)
  expect(run.figures().received.latencies).toEqual([3])
  expect(run.integrity.troubles).toEqual(['Laravel got X 2 times'])
})

it('counts only what comes after the warm-up', async () => {
  const run = runWith(read)
  await run.send(1)
  run.begin()
  await run.send(1)
  expect(run.figures().sent.count).toBe(2)
})
