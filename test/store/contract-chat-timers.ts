import { expect, test } from 'vitest'
import type { Subject } from './contract.ts'
import { given } from './facts.ts'

const LID = '100000000000001@lid'
const NUMBER = '34600000002@s.whatsapp.net'

export function chatTimersContract(subject: Subject): void {
  const find = async (streamId: string, ...names: string[]) => subject.store.chatTimers.find(streamId, names)

  test('the newest timer of a chat is found under any of its names, in its own stream, also after a restart', async () => {
    const streamId = await given(subject.store, 'a')
    const other = await given(subject.store, 'b')
    const chatTimers = [
      { chat: NUMBER, expiration: 86_400, setAt: 5 },
      { chat: LID, expiration: 604_800, setAt: 7 },
    ]
    await subject.store.commit({ streamId, epoch: 1, chatTimers })
    await subject.reopen()
    expect(await find(streamId, NUMBER)).toEqual({ expiration: 86_400, setAt: 5 })
    expect(await find(streamId, NUMBER, LID)).toEqual({ expiration: 604_800, setAt: 7 })
    expect(await find(streamId, '1@g.us')).toBeNull()
    expect(await find(other, NUMBER, LID)).toBeNull()
  })

  test('an older setting changes nothing, one of the same second does', async () => {
    const streamId = await given(subject.store, 'a')
    const set = (expiration: number, setAt: number) =>
      subject.store.commit({ streamId, epoch: 1, chatTimers: [{ chat: LID, expiration, setAt }] })
    await set(86_400, 7)
    await set(0, 6)
    expect(await find(streamId, LID)).toEqual({ expiration: 86_400, setAt: 7 })
    await set(0, 7)
    expect(await find(streamId, LID)).toEqual({ expiration: 0, setAt: 7 })
  })

  test.each(['keys', 'stream'] as const)('timers are erased with the %s', async erase => {
    const streamId = await given(subject.store, 'a')
    const chatTimers = [{ chat: LID, expiration: 86_400, setAt: 7 }]
    await subject.store.commit({ streamId, epoch: 1, chatTimers })
    await subject.store.commit({ streamId, epoch: 1, erase })
    expect(await find(streamId, LID)).toBeNull()
  })
}
