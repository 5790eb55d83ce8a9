import { afterAll, afterEach, expect, it } from 'vitest'
import type { Person } from '../../src/messages/person.ts'
import { createHistory } from '../../src/sessions/history.ts'
import { createQueries } from '../../src/sessions/queries.ts'
import { describeWithPostgres } from '../postgres.ts'
import { given, inbound, messageFact } from '../store/facts.ts'
import { TestSchema } from '../store/postgres/test-schema.ts'

const [LID, NUMBER] = ['100000000000001@lid', '34600000002@s.whatsapp.net']
const ana: Person = {
  ...{ chatId: LID, lid: LID, number: NUMBER, username: null, names: [LID, NUMBER], learntAt: 7 },
}

await describeWithPostgres('A chat of a session of another node', () => {
  const schema = new TestSchema()
  afterEach(() => schema.empty())
  afterAll(() => schema.drop())

  async function node() {
    const store = await schema.open()
    const nothing = () => {
      throw new Error('nobody asks')
    }
    const queries = createQueries(store, { stats: nothing, whyUnreadable: () => null })
    const history = createHistory(store, queries, {
      ...{ now: () => 1, takenAt: () => null, causeOf: () => null },
    })
    const page = { before: null, limit: 9 }
    const seqs = async (name: string) => {
      const [api, shown] = [await queries.chat('a', name, null, 9), await history.chat('a', name, page)]
      expect(shown.messages.map(({ seq }) => seq)).toEqual(api.messages.map(({ seq }) => seq))
      return api.messages.map(({ seq }) => seq)
    }
    return { store, seqs, chats: async () => (await history.chats('a', page)).chats.length }
  }

  it('is one chat as soon as the owner has learnt who it is with, also where it was looked at before', async () => {
    const [owner, other] = [await node(), await node()]
    const streamId = await given(owner.store, 'a')
    const arrives = (seq: number, chatId: string, people: Person[] = []) =>
      owner.store.commit({
        ...{ streamId, epoch: 1, events: [messageFact(seq)], people },
        messages: [
          {
            insert: {
              ...{ messageId: `M${seq}`, chatId, direction: 'in', dedupeKey: `${chatId}|${seq}` },
              ...{ status: 'received', content: inbound(`M${seq}`, 'hi'), seq, at: seq },
            },
          },
        ],
      })
    await arrives(2, NUMBER)
    await arrives(3, LID)
    expect([await other.seqs(LID), await other.seqs(NUMBER), await other.chats()]).toEqual([[3], [2], 2])
    await arrives(4, LID, [ana])
    for (const { seqs, chats } of [owner, other]) {
      expect([await seqs(LID), await seqs(NUMBER)]).toEqual([
        [4, 3, 2],
        [4, 3, 2],
      ])
      expect(await chats()).toBe(1)
    }
  })
})
