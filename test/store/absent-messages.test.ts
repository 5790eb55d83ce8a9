import { describe, expect, it } from 'vitest'
import type { Write } from '../../src/ports/store.ts'
import { AbsentMessages } from '../../src/store/postgres/absent-messages.ts'

/** A table that answers when it is told to; what is asked is answered by what it has at that moment. */
function setUp() {
  const absent = new AbsentMessages()
  const taken = new Set<string>()
  const ask = (streamId: string, keys: string[]) => {
    const answered = Promise.withResolvers<string[]>()
    const learnt = absent.learn(
      streamId,
      keys,
      () => answered.promise,
      answer => answer,
    )
    // The server looks at what is committed when it is asked, and its answer comes later.
    const answer = keys.filter(key => taken.has(key))
    return { answer: () => answered.resolve(answer), fail: () => answered.reject(new Error('away')), learnt }
  }
  const commit = (streamId: string, key: string) => {
    taken.add(key)
    absent.settled({ streamId, messages: [{ insert: { dedupeKey: key } }] } as Write)
  }
  return { absent, ask, commit }
}

describe('Messages that are known not to be there', () => {
  it('are those that were asked for and not found, of that stream', async () => {
    const { absent, ask, commit } = setUp()
    commit('a', 'there')
    const asked = ask('a', ['there', 'new'])
    expect(absent.has('a', 'new')).toBe(false)
    asked.answer()
    expect(await asked.learnt).toEqual(['there'])
    expect(absent.has('a', 'new')).toBe(true)
    expect(absent.has('a', 'there')).toBe(false)
    expect(absent.has('a', 'never asked')).toBe(false)
    expect(absent.has('b', 'new')).toBe(false)
  })

  it('are no more once one is written', async () => {
    const { absent, ask, commit } = setUp()
    const asked = ask('a', ['new', 'other'])
    asked.answer()
    await asked.learnt
    commit('a', 'new')
    expect(absent.has('a', 'new')).toBe(false)
    expect(absent.has('a', 'other')).toBe(true)
  })

  it('are not believed when they were written while the answer was on its way', async () => {
    const { absent, ask, commit } = setUp()
    const asked = ask('a', ['new', 'other'])
    commit('a', 'new')
    asked.answer()
    await asked.learnt
    expect(absent.has('a', 'new')).toBe(false)
    expect(absent.has('a', 'other')).toBe(true)
  })

  it('are not known where another process may have written meanwhile', async () => {
    const { absent, ask } = setUp()
    const [before, during] = [ask('a', ['before']), ask('a', ['during'])]
    const elsewhere = ask('b', ['new'])
    before.answer()
    await before.learnt
    absent.forget('a')
    during.answer()
    elsewhere.answer()
    await Promise.all([during.learnt, elsewhere.learnt])
    expect(absent.has('a', 'before')).toBe(false)
    expect(absent.has('a', 'during')).toBe(false)
    expect(absent.has('b', 'new')).toBe(true)
  })

  it('are not known from an answer that never came', async () => {
    const { absent, ask } = setUp()
    const asked = ask('a', ['new'])
    asked.fail()
    await expect(asked.learnt).rejects.toThrow('away')
    expect(absent.has('a', 'new')).toBe(false)
  })
})
