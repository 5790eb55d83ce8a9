import { describe, expect, it } from 'vitest'
import type { Naming, Person } from '../../../src/messages/person.ts'
import { type LidMapping, People } from '../../../src/whatsapp/identities/people.ts'

const known = new Map<string, Person>()
const people = new People({
  store: { people: { find: async (_, name) => known.get(name) ?? null } },
  streamId: 's',
  me: () => ({ id: '349:2@s.whatsapp.net', lid: '9:2@lid' }),
  now: () => 5,
})
/** Whom and what `learnMapping` hands on to be kept. */
const mapping = async (given: LidMapping) => {
  let kept = { people: [] as Person[], mapping: {} as LidMapping }
  await people.learnMapping(given, (changed, mapping) => {
    kept = { people: changed, mapping }
  })
  return kept
}
const naming = async (said: Naming) => {
  const kept: Person[] = []
  await people.learn(said, changed => kept.push(...changed))
  return kept
}
const learn = (changed: Person[]) => {
  for (const person of changed) for (const name of person.names) known.set(name, person)
  return changed
}

describe('what Baileys keeps of LIDs and numbers', () => {
  it('is a person each, once, and takes what is stale of it along', async () => {
    const first = await mapping({ '34601': '1', '1_reverse': '34601' })
    expect(first.mapping).toEqual({ '34601': '1', '1_reverse': '34601' })
    expect(learn(first.people)).toMatchObject([{ lid: '1@lid', number: '34601@s.whatsapp.net' }])
    expect((await mapping({ '34601': '1', '1_reverse': '34601' })).people).toEqual([])
    const newLid = await mapping({ '34601': '2', '2_reverse': '34601' })
    expect(newLid.mapping).toEqual({ '34601': '2', '2_reverse': '34601', '1_reverse': null })
    learn(newLid.people)
    const newNumber = await mapping({ '34602': '2', '2_reverse': '34602' })
    expect(newNumber.mapping).toEqual({ '34602': '2', '2_reverse': '34602', '34601': null })
    learn(newNumber.people)
    expect(await people.person('34601:7@s.whatsapp.net')).toMatchObject({ chatId: '1@lid', lid: '2@lid' })
  })

  it('never pairs us with somebody else', async () => {
    expect(
      await mapping({ '349': '3', '3_reverse': '349', '34604': '4', '4_reverse': '34604' }),
    ).toMatchObject({
      mapping: { '34604': '4', '4_reverse': '34604' },
      people: [{ lid: '4@lid' }],
    })
    expect(await naming({ lid: '3@lid', number: '349@s.whatsapp.net' })).toEqual([])
    expect(await naming({ lid: '9@lid', number: '349@s.whatsapp.net' })).toHaveLength(1)
  })
})
