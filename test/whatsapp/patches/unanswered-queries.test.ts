import { EventEmitter } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { watchAnswers } from '../../../src/whatsapp/patches/unanswered-queries.ts'

const ws = () => new EventEmitter() as never as EventEmitter & Parameters<typeof watchAnswers>[0]['ws']

/** What is told of queries asked at these seconds, with answers in between. */
async function told(...steps: [second: number, what: 'ask' | 'answer' | 'talk'][]): Promise<number[]> {
  const socket = ws()
  const heard: number[] = []
  let second = 0
  watchAnswers({ ws: socket }, ms => heard.push(ms), { now: () => second * 1000 })
  for (const [at, what] of steps) {
    second = at
    if (what === 'ask') socket.on(`TAG:${at}`, () => {})
    else socket.emit(what === 'answer' ? 'CB:iq,type:result' : 'CB:message', {})
    await setImmediate()
  }
  return heard
}

it('A third ping after two that nobody answered tells, however much WhatsApp talks', async () => {
  expect(await told([0, 'ask'], [29, 'talk'], [30, 'ask'], [59, 'talk'], [60, 'ask'])).toEqual([60_000])
})

it('Any answer in between begins anew, and many questions at once are no sign', async () => {
  expect(await told([0, 'ask'], [30, 'ask'], [31, 'answer'], [60, 'ask'], [90, 'ask'])).toEqual([])
  expect(await told([0, 'ask'], [1, 'ask'], [2, 'ask'], [30, 'ask'], [49, 'ask'])).toEqual([])
})
