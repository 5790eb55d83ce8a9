import { html } from 'hono/html'
import type { FactPage, PastFact } from '../../ports/dashboard/history.ts'
import type { SessionWords } from '../words/session-words.ts'
import { chatName } from './chats.ts'
import { filled, foreignLine, type Markup, technical, timeOf } from './markup.ts'

type Told = Pick<PastFact, 'type' | 'data'>

/** What is said of a fact, `{field}`s still in it; null if there are no words for it: of a newer version, or an error of the machine. */
export function sentenceFor(words: SessionWords, { type, data }: Told): string | null {
  const timer = /^xstate\.after\.([^.]+)\./.exec(type)?.[1]
  if (timer !== undefined) return own(words.timers, timer)
  const sentence = own(words.facts, type)
  if (sentence === null || typeof sentence === 'string') return sentence
  const { by, ...each } = sentence
  return own<string>(each, String(data[by]))
}

const own = <T>(words: Record<string, T>, name: string): T | null =>
  Object.hasOwn(words, name) ? words[name]! : null

/** A fact as a sentence, its fields isolated and cut, and whom it is about by name; without words, its type as it is. */
export function factSentence(words: SessionWords, fact: Told, names?: FactPage['names']): Markup {
  const sentence = sentenceFor(words, fact)
  if (sentence === null) return filled('{type}', { type: foreignLine(fact.type) })
  const values = Object.entries(fact.data).map(([name, value]) => [name, shown(name, value, names)] as const)
  return filled(sentence, { ...Object.fromEntries(values), ...causesIn(words, fact) })
}

/** Why something happened is said by its code, and as the fact itself says it where there are no words for that. */
function causesIn(words: SessionWords, { type, data }: Told): Record<string, Markup | string> {
  if (type === 'message.failed') return { error: failureMarkup(words, String(data.code), String(data.error)) }
  const { reason, reasonText } = data
  if (typeof reason !== 'string') return {}
  return { reason: reasonFor(words, reason) ?? foreignLine(String(reasonText ?? reason)) }
}

/** Why a session is where it is, by the code; null for one without words. */
export const reasonFor = ({ reasons }: SessionWords, reason: unknown): string | null =>
  own<string>(reasons, String(reason))

/** Why a send failed: in words if its code has some, else as it is told. What is a number is WhatsApp's. */
export function failureMarkup({ failures }: SessionWords, code: string, error: string): Markup | string {
  const told = technical(error)
  return (
    own<string>(failures, code) ?? (/^\d+$/.test(code) ? html`${failures.WHATSAPP_REJECTED} ${told}` : told)
  )
}

function shown(name: string, value: unknown, names?: FactPage['names']): Markup {
  const chat = name === 'chatId' || name === 'jid' ? names?.get(String(value)) : undefined
  if (chat !== undefined) return chatName(chat)
  if (name === 'error') return technical(String(value))
  if (typeof value === 'number' && /^(?:at|until)$|(?:At|Until)$/.test(name)) return timeOf(value)
  return foreignLine(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))
}
