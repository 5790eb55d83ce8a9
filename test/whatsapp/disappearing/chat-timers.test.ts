import { expect, it } from 'vitest'
import type { ChatTimer } from '../../../src/messages/chat-timer.ts'
import type { Store } from '../../../src/ports/store.ts'
import { ChatTimers } from '../../../src/whatsapp/disappearing/chat-timers.ts'
import { createTimerMemories } from '../../../src/whatsapp/disappearing/timer-memory.ts'

const ANA = '9@lid'
const EVA = '8@lid'
const WEEK: ChatTimer = { expiration: 604_800, setAt: 1 }

const memories = createTimerMemories()

/** The timers of one socket; `begun` are the chats with messages, `asked` those that the store was asked for. */
function setUp(begun: string[]) {
  const asked: string[] = []
  const store = {
    commit: async () => {},
    chatTimers: { find: async () => null },
    messages: {
      knowsChat: async (_: string, names: string[]) => {
        asked.push(...names)
        return names.some(name => begun.includes(name))
      },
    },
  } as unknown as Pick<Store, 'commit' | 'messages' | 'chatTimers'>
  const timers = new ChatTimers(
    { store, memory: memories(), namesOf: async chat => [chat], ofNewChats: () => WEEK, failed() {} },
    { streamId: 'stream', epoch: 1 },
  )
  return { timers, asked, begun }
}

it('the store is asked once whether a chat has begun, however much is sent to it', async () => {
  const { timers, asked } = setUp([ANA])
  for (let i = 0; i < 3; i++) expect(await timers.forSend(ANA)).toBeNull()
  expect(asked).toEqual([ANA])
  expect(await setUp([]).timers.forSend(ANA)).toEqual(WEEK)
})

it('a chat that begins gets the timer of new ones, and keeps it when it has begun', async () => {
  const { timers, asked, begun } = setUp([])
  expect(await timers.forSend(EVA)).toEqual(WEEK)
  begun.push(EVA)
  expect(await timers.forSend(EVA)).toEqual(WEEK)
  expect(asked).toEqual([EVA])
})

it('a chat that has begun takes a timer that somebody sets, and loses it again', async () => {
  const { timers } = setUp([ANA])
  expect(await timers.forSend(ANA)).toBeNull()
  await timers.learn([{ chat: ANA, expiration: 86_400, setAt: 5 }])
  expect(await timers.forSend(ANA)).toEqual({ expiration: 86_400, setAt: 5 })
  await timers.learn([{ chat: ANA, expiration: 0, setAt: 6 }])
  expect(await timers.forSend(ANA)).toEqual({ expiration: 0, setAt: 6 })
})
