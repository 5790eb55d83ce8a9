import { EventEmitter } from 'node:events'
import { makeEventBuffer, type WAMessage } from '@whiskeysockets/baileys'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { freeStuckBuffer } from '../../../../src/whatsapp/patches/event-buffer/stuck.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** Baileys' own buffer, what is heard of it, and a socket that talks. */
function setUp({ mended = true } = {}) {
  const ev = makeEventBuffer(pino({ level: 'silent' }))
  const ws = new EventEmitter()
  const heard: unknown[] = []
  const ends: (() => void)[] = []
  let freed = 0
  ev.process(events => {
    for (const { key } of events['messages.upsert']?.messages ?? []) heard.push(key.id)
  })
  const socket = { ev, ws, registerSocketEndHandler: (end: () => void) => void ends.push(end) }
  if (mended) freeStuckBuffer(socket as never, () => freed++)
  return {
    ev,
    heard,
    freed: () => freed,
    end: () => ends.forEach(end => void end()),
    talk: () => ws.emit('frame', {}),
    say: (id: string) =>
      ev.emit('messages.upsert', {
        messages: [{ key: { remoteJid: '1@s.whatsapp.net', id } } as WAMessage],
        type: 'notify',
      }),
    /** Work of Baileys that waits for something and never ends. */
    hang: () => void ev.createBufferedFunction(() => new Promise(() => {}))(),
  }
}

describe('what Baileys holds back', () => {
  it('is held for as long as some of its work hangs: the mend is needed', async () => {
    const socket = setUp({ mended: false })
    socket.hang()
    socket.talk()
    socket.say('A')
    await vi.advanceTimersByTimeAsync(20_000)
    expect(socket.heard, 'upstream mended it: drop event-buffer/stuck.ts').toEqual([])
  })

  it('comes after 5 to 8 s, and somebody is told', async () => {
    const socket = setUp()
    socket.hang()
    socket.talk()
    socket.say('A')
    await vi.advanceTimersByTimeAsync(4_999)
    expect([socket.heard, socket.freed()]).toEqual([[], 0])
    await vi.advanceTimersByTimeAsync(3_000)
    expect([socket.heard, socket.freed()]).toEqual([['A'], 1])
    socket.say('B')
    expect(socket.heard).toEqual(['A', 'B'])
  })

  it('is left alone while it comes by itself, however long Baileys is at work', async () => {
    const socket = setUp()
    for (let second = 0; second < 20; second++) {
      socket.talk()
      socket.ev.buffer()
      socket.say(`${second}`)
      await vi.advanceTimersByTimeAsync(900)
      socket.ev.flush()
      await vi.advanceTimersByTimeAsync(100)
    }
    expect([socket.heard.length, socket.freed()]).toEqual([20, 0])
  })

  it('is nothing to be told of when there was nothing in it, and no timer is left', async () => {
    const socket = setUp()
    socket.hang()
    socket.talk()
    await vi.advanceTimersByTimeAsync(10_000)
    expect([socket.freed(), socket.ev.isBuffering(), vi.getTimerCount()]).toEqual([0, false, 0])
    socket.talk()
    socket.end()
    expect(vi.getTimerCount()).toBe(0)
  })
})
