import type { EventEmitter } from 'node:events'
import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Person } from '../../messages/person.ts'
import type { People } from './people.ts'
import { changeInGroup, namingsIn } from './stanza-names.ts'

const TAGS = ['message', 'receipt', 'notification', 'call', 'presence', 'chatstate']

/**
 * Learns who is called how from every stanza, before what Baileys makes of it; `ws` is the socket's. Pairs of LID and number Baileys
 * keeps for itself: `keep` stores people alone, and costs a commit only for what is new. `failed`: the store could not be read.
 */
export function watchNames(
  ws: EventEmitter,
  people: People,
  keep: (people: Person[]) => void,
  failed: (error: unknown) => void,
): void {
  const watch = (stanza: BinaryNode) => {
    for (const naming of namingsIn(stanza)) people.learn(naming, keep).catch(failed)
    if (stanza.tag !== 'notification') return
    const isKnown = async (name: string) => (await people.find(name)) !== null
    people.learn(() => changeInGroup(stanza, isKnown), keep).catch(failed)
  }
  for (const tag of TAGS) ws.prependListener(`CB:${tag}`, watch)
}
