import { describe, expect, it } from 'vitest'
import { sessionMachine } from '../../machines/session.machine.ts'
import { factSentence, sentenceFor } from '../../src/dashboard/session/fact-sentence.ts'
import { chartOf, type Machine, statesIn } from '../../src/dashboard/statechart/machine-graph.ts'
import { LANGUAGES } from '../../src/dashboard/words/languages.ts'
import { sessionWordsOf } from '../../src/dashboard/words/session-languages.ts'
import { contactEvent, groupEvent } from '../../src/messages/account-event.ts'
import { facts } from '../machines/reached.ts'

const message = { messageId: 'M', chatId: '1@lid' }
/** Facts that never enter the machine; each type once. */
const others: Record<string, object[]> = {
  ...Object.fromEntries(
    ['received', 'imported', 'queued', 'transmitted', 'sent', 'delivered', 'read', 'played'].map(name => [
      `message.${name}`,
      [message],
    ]),
  ),
  'message.unknown': [{ ...message, error: 'why' }],
  'message.failed': [{ ...message, code: '463', error: 'why' }],
  'call.changed': ['ringing', 'missed', 'rejected', 'answered_elsewhere'].map(status => ({
    callId: 'c',
    status,
  })),
  'group.changed': groupEvent.shape.action.options.map(action => ({ jid: '1@g.us', action })),
  'contact.changed': contactEvent.shape.change.options.map(change => ({ jid: '1@lid', change })),
  'session.quarantined': [{ error: 'why' }],
  'session.deleted': [{}],
}
const all = [...Object.entries(others), ...Object.entries(facts)].flatMap(([type, list]) =>
  list.map(data => ({ type, data: { until: 1, phoneNumber: '1', ...data } as Record<string, unknown> })),
)

describe.each(LANGUAGES)('The sentences in %s', language => {
  const words = sessionWordsOf(language)

  it('are there for every type of fact, and name only what the fact has', () => {
    expect(Object.keys(words.facts).toSorted()).toEqual([...new Set(all.map(({ type }) => type))].toSorted())
    for (const fact of all) {
      const sentence = sentenceFor(words, fact)
      expect(sentence, fact.type).toMatch(/\S.*[.}]$/)
      for (const [, name] of sentence!.matchAll(/\{(\w+)\}/g))
        expect(fact.data, fact.type).toHaveProperty(name!)
    }
  })

  it('are there for every timer of the machine', () => {
    const { transitions } = chartOf(sessionMachine as unknown as Machine)
    const timers = new Set(
      transitions.flatMap(({ event }) => (event.startsWith('after ') ? [event.slice(6)] : [])),
    )
    expect(Object.keys(words.timers).toSorted()).toEqual([...timers].toSorted())
    const type = 'xstate.after.backoff.session.reconnecting.waiting'
    expect(sentenceFor(words, { type, data: {} })).toBe(words.timers.backoff)
  })

  it('say what each state means that the chart describes', () => {
    const { root } = chartOf(sessionMachine as unknown as Machine)
    const described = statesIn(root).filter(({ description }) => description !== null)
    expect(Object.keys(words.states).toSorted()).toEqual(described.map(({ path }) => path).toSorted())
    for (const text of Object.values(words.states)) expect(text).toMatch(/^\S.*\.$/)
  })

  it('show an unknown fact, and an unknown value, as it is', async () => {
    for (const fact of [
      { type: 'moon.landed', data: {} },
      { type: 'constructor', data: {} },
      { type: 'laravel.answered', data: { said: 'toString' } },
      { type: 'laravel.answered', data: { said: 'by' } },
      { type: 'laravel.answered', data: {} },
    ]) {
      expect(sentenceFor(words, fact)).toBeNull()
      expect(String(await factSentence(words, fact))).toBe(`<bdi class="clip">${fact.type}</bdi>`)
    }
  })
})

it('Times in a sentence are times, and what others wrote is isolated text', async () => {
  const words = sessionWordsOf('en')
  const qr = { type: 'socket.qr', data: { hash: 'h', expiresAt: Date.UTC(2026, 0, 2, 3, 4, 5) } }
  expect(String(await factSentence(words, qr))).toContain(
    '<time datetime="2026-01-02T03:04:05.000Z">2026-01-02 03:04:05 UTC</time>',
  )
  const named = { type: 'socket.named', data: { pushName: '<script>alert(1)</script>\u202e{waId}' } }
  expect(String(await factSentence(words, named))).toBe(
    'The account is called <bdi class="clip">&lt;script&gt;alert(1)&lt;/script&gt;\u202e{waId}</bdi>.',
  )
})

it('Why something happened is said by its code; one without words as the fact says it', async () => {
  const closed = (reason: string) => ({
    type: 'socket.closed',
    data: { code: 440, reaction: 'suspend', reason, reasonText: 'Said in <English>.' },
  })
  const spanish = sessionWordsOf('es')
  expect(String(await factSentence(spanish, closed('replaced')))).toBe(
    `La conexión terminó (<bdi class="clip">440</bdi>): ${spanish.reasons.replaced}`,
  )
  expect(String(await factSentence(spanish, closed('constructor')))).toContain('Said in &lt;English&gt;.')
})

it('Why a send failed is said by its code; one without words as it is told', async () => {
  const failed = (code: string) => ({
    type: 'message.failed',
    data: { messageId: 'M', chatId: '1@lid', code, error: 'Said in English.' },
  })
  const spanish = sessionWordsOf('es')
  expect(Object.keys(spanish.failures)).toEqual(Object.keys(sessionWordsOf('en').failures))
  expect(String(await factSentence(spanish, failed('463')))).toContain(spanish.failures['463'])
  const unknown = String(await factSentence(spanish, failed('999')))
  expect(unknown).toContain(
    `${spanish.failures.WHATSAPP_REJECTED} <bdi class="clip technical" lang="en">Said in English.</bdi>`,
  )
  expect(String(await factSentence(spanish, failed('constructor')))).toContain(
    ': <bdi class="clip technical" lang="en">Said in English.</bdi>',
  )
})
