import type { EventEmitter } from 'node:events'
import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Person } from '../../messages/person.ts'
import type { People } from './people.ts'
import { changeInGroup, namingsIn } from './stanza-names.ts'

const TAGS = ['message', 'receipt', 'notification', 'call', 'presence', 'chatstate']

/**
 * Learns who is called how from every stanza, before Baileys gets it; `ws` is the socket's. Pairs of LID and number Baileys keeps for
 * itself: `keep` stores people alone, and costs a commit only for what is new.
 */
export function watchNames(ws: EventEmitter, people: People, keep: (people: Person[]) => void): void {
  const watch = (stanza: BinaryNode) => {
    for (const naming of namingsIn(stanza)) {
      const changed = people.changedBy(naming)
      if (changed.length > 0) keep(changed)
    }
    if (stanza.tag !== 'notification') return
    const change = changeInGroup(stanza, name => people.find(name) !== null)
    const changed = change === null ? [] : people.changedBy(change)
    if (changed.length > 0) keep(changed)
  }
  for (const tag of TAGS) ws.prependListener(`CB:${tag}`, watch)
}
