import type { Fact, Reason } from '../../../machines/facts.ts'
import type { MessageStatus } from '../../messages/status.ts'
import type { FactKind } from '../../ports/dashboard/history.ts'

type Named<T extends string> = Record<T, string>

type Data<T extends Fact['type']> = Omit<Extract<Fact, { type: T }>, 'type'>

/** A sentence for each value of one field, which the field itself may name. */
type OneFor<D> = {
  [K in keyof D & string]: D[K] extends string
    ? { by: K } & Named<string extends D[K] ? string : D[K]>
    : never
}[keyof D & string]

/** What is said of a fact: a sentence, or one for each value of the field `by`; `{field}` stands for a field of the fact. */
export type FactSentences = { [T in Fact['type']]: string | OneFor<Data<T>> }

/** The words of the page of one session: every language has all of them. Some show `{name}`s that are put in. */
export interface SessionWords {
  sections: Named<'machine' | 'timeline' | 'chats'>
  gone: string
  allSessions: string
  more: string
  older: string
  chart: Named<'title' | 'description' | 'missing' | 'hint' | 'all' | 'after' | 'everywhere' | 'stays'> & {
    columns: Named<'from' | 'event' | 'guard' | 'to'>
  }
  moment: Named<
    | ('slider' | 'previous' | 'next' | 'now' | 'of' | 'current' | 'past' | 'state')
    | (
        | 'changed'
        | 'nothingChanged'
        | 'first'
        | 'absent'
        | 'possible'
        | 'possibleNow'
        | 'nothingPossible'
        | 'context'
        | 'noFact'
      )
  > & { columns: Named<'path' | 'before' | 'after'> }
  timeline: Named<FactKind | 'filter' | 'none' | 'show' | 'raw' | 'unknown' | 'newer'>
  chats: Named<'list' | 'none' | 'pick' | 'group' | 'back' | 'messages' | 'you' | 'someone' | 'empty'>
  message: Named<
    | (
        | 'wordless'
        | 'noFile'
        | 'openFile'
        | 'edited'
        | 'deleted'
        | 'forwarded'
        | 'viewOnce'
        | 'quotes'
        | 'way'
      )
    | ('editedBefore' | 'deletedBefore' | 'reactedBefore' | 'unreactedBefore' | 'received' | 'stored')
    | ('laravelTook' | 'laravelTookOnce' | 'laravelUnknown' | 'laravelWaits')
    | ('laravelTried' | 'laravelDead' | 'attempts')
  > & {
    types: Record<string, string>
    statuses: Named<MessageStatus>
  }
  /** What a state of the chart means, by its path: of those that have a description there. */
  states: Record<string, string>
  /** By their codes. */
  reasons: Record<Reason, string>
  /** Why a send failed, by code: ours, and WhatsApp's as far as we know them. */
  failures: Record<string, string>
  /** By the names of the machine's delays. */
  timers: Record<string, string>
  facts: FactSentences
}
