import { describe, expect, it } from 'vitest'
import { addressIn, knownBy, learn, type Naming, type Person } from '../../src/messages/person.ts'

const [L1, L2, L3] = ['1@lid', '2@lid', '3@lid'] as const
const [P1, P2, P3] = ['34601@s.whatsapp.net', '34602@s.whatsapp.net', '34603@s.whatsapp.net'] as const

/** People as they are learnt one after the other. */
class Known {
  readonly #byName = new Map<string, Person>()
  #now = 0

  learn(naming: Naming): number {
    const people = learn(name => this.#byName.get(name) ?? null, naming, ++this.#now)
    for (const person of people) for (const name of person.names) this.#byName.set(name, person)
    return people.length
  }

  of(name: string): Omit<Person, 'learntAt' | 'names'> & { names: string[] } {
    const { learntAt: _, names, ...person } = this.#byName.get(name) ?? knownBy(name)
    return { ...person, names: [...names].sort() }
  }
}

function knowing(...namings: Naming[]): Known {
  const known = new Known()
  for (const naming of namings) known.learn(naming)
  return known
}

describe('a person', () => {
  it('is called by LID once that is known, by number until then', () => {
    expect(knownBy(P1)).toMatchObject({ chatId: P1, number: P1, lid: null })
    const known = knowing({ lid: L1, number: P1 })
    expect(known.of(P1)).toEqual({ chatId: L1, lid: L1, number: P1, username: null, names: [L1, P1] })
    expect(known.of(L1)).toEqual(known.of(P1))
  })

  it('is learnt once', () => {
    const known = knowing({ lid: L1, number: P1, username: 'ana' })
    expect(known.learn({ lid: L1, number: P1 })).toBe(0)
    expect(known.learn({ lid: L1, username: 'ana' })).toBe(0)
    expect(known.learn({ number: P1 })).toBe(0)
    expect(known.learn({ lid: L2 })).toBe(0)
  })

  it('without a number has a name of its own choice', () => {
    const known = knowing({ lid: L1, username: 'ana' })
    expect(known.of(L1)).toMatchObject({ chatId: L1, number: null, username: 'ana' })
    known.learn({ lid: L1, number: P1 })
    expect(known.of(P1)).toMatchObject({ chatId: L1, number: P1, username: 'ana' })
    known.learn({ lid: L1, username: 'ana2' })
    expect(known.of(P1)).toMatchObject({ username: 'ana2' })
  })

  it('is reached under every way to dial the number', () => {
    const known = knowing({ number: P1, dialled: [P2] })
    expect(known.of(P2)).toMatchObject({ chatId: P1, number: P1 })
    known.learn({ lid: L1, number: P1, dialled: [P2] })
    expect(known.of(P2)).toEqual({ chatId: L1, lid: L1, number: P1, username: null, names: [L1, P1, P2] })
    expect(known.learn({ lid: L1, number: P1, dialled: [P2] })).toBe(0)
  })

  it('keeps its chat under a new number, told or not', () => {
    for (const change of [
      { lid: L1, number: P2 },
      { number: P2, was: [P1] },
      { lid: L1, number: P2, was: [P1, L1] },
    ]) {
      const known = knowing({ lid: L1, number: P1 }, change)
      for (const name of [L1, P1, P2])
        expect(known.of(name)).toMatchObject({ chatId: L1, lid: L1, number: P2 })
    }
  })

  it('keeps its chat under a new number and a new LID', () => {
    const known = knowing({ lid: L1, number: P1 }, { lid: L2, number: P2, was: [P1, L1] })
    for (const name of [L1, L2, P1, P2])
      expect(known.of(name)).toMatchObject({ chatId: L1, lid: L2, number: P2 })
  })

  it('keeps its chat when the new number wrote before the change was told', () => {
    const known = knowing(
      { lid: L1, number: P1 },
      { lid: L2, number: P2 },
      { lid: L2, number: P2, was: [P1, L1] },
    )
    for (const name of [L1, L2, P1, P2])
      expect(known.of(name)).toMatchObject({ chatId: L1, lid: L2, number: P2 })
  })

  it('keeps its chat under a new LID for the same number', () => {
    const known = knowing({ lid: L1, number: P1 }, { lid: L2, number: P1 })
    for (const name of [L1, L2, P1]) expect(known.of(name)).toMatchObject({ chatId: L1, lid: L2, number: P1 })
  })

  it('is one whose number and LID were two chats before', () => {
    const known = knowing(
      { lid: L1, username: 'ana' },
      { number: P1, dialled: [P2] },
      { lid: L1, number: P1 },
    )
    for (const name of [L1, P1, P2])
      expect(known.of(name)).toEqual({
        chatId: L1,
        lid: L1,
        number: P1,
        username: 'ana',
        names: [L1, P1, P2],
      })
  })
})

describe('another person', () => {
  it('who took a number that somebody gave up is not the one who had it', () => {
    const known = knowing({ lid: L1, number: P1 }, { lid: L1, number: P2 }, { lid: L2, number: P1 })
    expect(known.of(P1)).toEqual({ chatId: L2, lid: L2, number: P1, username: null, names: [L2, P1] })
    expect(known.of(L1)).toEqual({ chatId: L1, lid: L1, number: P2, username: null, names: [L1, P2] })
  })

  it('who took a number from somebody known by another LID does not get the chat of that one', () => {
    const known = knowing({ lid: L1, number: P1 }, { lid: L2, number: P2 }, { lid: L2, number: P1 })
    expect(known.of(P1)).toMatchObject({ chatId: L2, lid: L2, number: P1 })
    expect(known.of(P2)).toMatchObject({ chatId: L2 })
    expect(known.of(L1)).toEqual({ chatId: L1, lid: L1, number: null, username: null, names: [L1] })
  })

  it('was behind a LID that lives on under a number of its own', () => {
    const known = knowing({ lid: L1, number: P1 }, { lid: L2, number: P1 }, { lid: L1, number: P3 })
    expect(known.of(L1)).toMatchObject({ chatId: L1, lid: L1, number: P3 })
    expect(known.of(P1)).toEqual({ chatId: L2, lid: L2, number: P1, username: null, names: [L2, P1] })
  })

  it('keeps nothing of a name that was its only one', () => {
    const known = knowing({ number: P1, dialled: [P2] }, { lid: L3, number: P3, dialled: [P1, P2] })
    for (const name of [P1, P2, P3]) expect(known.of(name)).toMatchObject({ chatId: L3, number: P3 })
  })
})

describe('an address', () => {
  it('is in the words of who asked, as WhatsApp spells it', () => {
    const known = knowing({ lid: L1, number: P1, dialled: [P2] })
    const person = { ...knownBy(P1), ...known.of(P1) }
    expect(addressIn(person, P2)).toBe(P1)
    expect(addressIn(person, L1)).toBe(L1)
    expect(addressIn({ ...person, number: null }, P2)).toBe(L1)
    expect(addressIn(knownBy(P3), P3)).toBe(P3)
  })
})
