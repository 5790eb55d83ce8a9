import { describe, expect, it } from 'vitest'
import { mendSignalSessions } from '../../patches/libsignal-sessions.ts'
import { SignalEndpoint } from '../../simulator/signal/endpoint.ts'

const ALICE = '1000:1@lid'
const BOB = '2000@lid'

/** Alice opens a second session with Bob, and before Bob hears of it one more message comes on the first. */
async function afterAMessageOnTheOldSession(): Promise<string> {
  const alice = new SignalEndpoint()
  const bob = new SignalEndpoint()
  const text = (conversation: string) => ({ conversation })
  await bob.decrypt(ALICE, await alice.encrypt(BOB, text('first'), () => bob.bundle()))
  await alice.decrypt(BOB, await bob.encrypt(ALICE, text('answer'), () => alice.bundle()))
  const late = await bob.encrypt(ALICE, text('on the old session'), () => alice.bundle())
  const onTheNew = await alice.encryptInNewSession(BOB, text('one'), bob.bundle())
  expect((await alice.decrypt(BOB, late)).conversation).toBe('on the old session')
  const second = await alice.encrypt(BOB, text('two'), () => bob.bundle())
  const read = await bob.decrypt(ALICE, onTheNew).then(({ conversation }) => conversation)
  return `${read}, ${(await bob.decrypt(ALICE, second)).conversation}`
}

describe('a fresh Signal session while messages still come on the old one', () => {
  it('is broken by libsignal', async () => {
    await expect(
      afterAMessageOnTheOldSession(),
      'upstream mended it: drop libsignal-sessions.ts',
    ).rejects.toThrow('Bad MAC')
  })

  it('works once mended', async () => {
    mendSignalSessions()
    expect(await afterAMessageOnTheOldSession()).toBe('one, two')
  })
})
