import { expect, it } from 'vitest'
import { profileReport } from '../../../bench/profile/report-profile.ts'
import { type CpuProfile, selfTimes } from '../../../bench/profile/self-times.ts'

const frame = (id: number, functionName: string, url = '', lineNumber = 0) => ({
  id,
  callFrame: { functionName, url, lineNumber },
})

const profile: CpuProfile = {
  nodes: [
    frame(1, '(idle)'),
    frame(2, 'decodeKey', 'file:///app/src/whatsapp/keys/codec.ts', 11),
    frame(3, 'encrypt', 'file:///app/node_modules/@whiskeysockets/baileys/lib/Signal/a.js', 6),
    frame(4, '', 'node:net', 1),
    frame(5, '(garbage collector)'),
    frame(6, 'writev'),
    frame(7, 'main', 'file:///app/src/main.ts'),
  ],
  samples: [1, 2, 3, 2, 4, 5, 6, 7],
  timeDeltas: [0, 5000, 1000, 2000, 3000, 4000, 500, 250],
}

it('adds up each function, by whose it is, and not what was idle', () => {
  expect(selfTimes([profile], '/app/')).toEqual([
    { room: 'ours', place: 'src/whatsapp', name: 'keys/codec.ts:12 decodeKey', ms: 4 },
    { room: 'node', place: 'node', name: 'node:net:2 (anonymous)', ms: 4 },
    { room: 'library', place: '@whiskeysockets/baileys', name: 'lib/Signal/a.js:7 encrypt', ms: 2 },
    { room: 'garbage', place: 'garbage', name: '(garbage collector)', ms: 0.5 },
    { room: 'native', place: 'native', name: 'writev', ms: 0.25 },
    { room: 'ours', place: 'src', name: 'main.ts:1 main', ms: 0 },
  ])
  expect(selfTimes([profile, profile], '/app/')[0]?.ms).toBe(8)
})

it('tells what a message costs of what the system counted, dearest first', () => {
  const cost = { count: 10, cpu: 3, threads: { MainThread: 2.15, store: 0.5, idle: 0 } }
  const lines = profileReport('text out', selfTimes([profile], '/app/'), cost).split('\n')
  expect(lines[0]).toBe('text out: 3.00 ms of CPU each (10 of them): main thread 2.15, store 0.50')
  expect(lines[1]).toBe('  main thread: ours 0.80, library 0.40, node 0.80, native 0.05, garbage 0.10')
  expect(lines[lines.indexOf('  the 10 dearest of ours') + 1]).toMatch(
    /^ +0\.800 {2}src\/whatsapp +keys\/codec\.ts:12 decodeKey$/,
  )
})
