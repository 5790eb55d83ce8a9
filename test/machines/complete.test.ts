import { describe, expect, it } from 'vitest'
import type { SessionEvent, SessionFact } from '../../machines/facts.ts'
import type { SessionContext } from '../../machines/session.context.ts'
import { fact, leafStates, opened, Probe, pathTo, published, qr, said } from './probe.ts'
import { facts, reached, start, type Type } from './reached.ts'

/** Which facts the machine has no use for, where and when, and why that is right. */
interface Ignored {
  states: RegExp
  facts: Type[]
  /** In any context, if absent. */
  when?: (context: SessionContext, fact: SessionFact) => boolean
  why: string
}

const isPaired = ({ waId }: SessionContext) => waId !== null
const isOwing = ({ intent }: SessionContext) => intent !== 'none'
const idles = (fact: SessionFact, policy: string) => fact.type === 'session.idled' && fact.policy === policy

const ignored: Ignored[] = [
  { states: /./, facts: ['session.created'], why: 'is the beginning itself: the host records it, once' },
  {
    states: /^(awaitingQr|open|loggedOut|starting|reconnecting\.(?!hibernated))/,
    facts: ['wake.requested'],
    why: 'only what sleeps is woken',
  },
  {
    states: /^(awaitingQr|open|reconnecting|loggedOut)/,
    facts: ['connect.queued'],
    why: 'only a socket that is to open waits for its turn',
  },
  { states: /^(?!starting\.queued)/, facts: ['connect.begun'], why: 'nothing waits for its turn' },
  {
    states: /^(reconnecting|loggedOut|awaitingQr\.(refused|expired))/,
    facts: ['socket.opened', 'socket.qr', 'socket.paired', 'socket.named', 'socket.closed'],
    why: 'the socket was ended: what it still says is void',
  },
  {
    states: /^open/,
    facts: ['socket.opened', 'socket.qr', 'socket.paired'],
    why: 'a socket that is open offers no QR and opens once',
  },
  {
    states: /^(starting|awaitingQr\.(verifying|publishing|shown|passkey|linking))/,
    facts: ['socket.named'],
    why: 'socket.opened brings the name',
  },
  {
    states: /^awaitingQr\.(verifying|publishing|shown)/,
    facts: ['socket.qr'],
    when: ({ qr: { current, published } }, fact) =>
      fact.type === 'socket.qr' && (fact.hash === current?.hash || fact.hash === published?.hash),
    why: 'this QR is known already',
  },
  {
    states: /^awaitingQr\.(passkey|linking)/,
    facts: ['socket.qr'],
    why: 'a phone has scanned already',
  },
  {
    states: /^(starting|open|reconnecting|loggedOut|awaitingQr\.(refused|expired))/,
    facts: [
      'passkey.asked',
      'passkey.submitted',
      'passkey.codeShown',
      'passkey.proved',
      'passkey.confirmed',
      'passkey.cancelled',
      'passkey.failed',
    ],
    why: 'no phone is being linked',
  },
  {
    states: /^awaitingQr\.(verifying|publishing|shown|linking)/,
    facts: [
      'passkey.submitted',
      'passkey.codeShown',
      'passkey.proved',
      'passkey.confirmed',
      'passkey.cancelled',
    ],
    why: 'WhatsApp demands no passkey',
  },
  {
    states: /^awaitingQr\.linking/,
    facts: ['passkey.asked', 'passkey.failed'],
    why: 'the phone has linked the device',
  },
  {
    states: /^awaitingQr\.passkey\.(required|confirm|finishing)/,
    facts: ['passkey.codeShown', 'passkey.proved'],
    why: 'WhatsApp has no assertion that it could take',
  },
  {
    states: /^awaitingQr\.passkey\.(required|submitting|finishing)/,
    facts: ['passkey.confirmed'],
    why: 'no code waits to be compared',
  },
  {
    states: /^awaitingQr\.passkey\.finishing/,
    facts: ['passkey.submitted'],
    why: 'the phone links the device with the assertion that it has',
  },
  {
    states: /./,
    facts: ['version.accepted'],
    when: ({ reason }, _) => reason !== 'client_outdated',
    why: 'it was not held back for its version',
  },
  {
    states: /^(?!reconnecting\.suspended)/,
    facts: ['version.accepted'],
    when: ({ reason }) => reason === 'client_outdated',
    why: 'it is tried already',
  },
  {
    states: /^(?!open)/,
    facts: ['logout.confirmed'],
    why: 'the device is unlinked over an open socket only; elsewhere WhatsApp says socket.closed',
  },
  {
    states: /^(?!awaitingQr\.verifying\.asking|reconnecting\.(verifying|suspended\.asking))/,
    facts: ['laravel.answered'],
    why: 'nothing was asked, or the answer came too late',
  },
  {
    states: /^(?!awaitingQr\.publishing\.offering)/,
    facts: ['qr.published', 'qr.publishFailed'],
    why: 'no publication runs',
  },
  {
    states: /^awaitingQr\.(refused|expired)/,
    facts: ['session.resumed'],
    why: 'nothing runs there that a restart would end',
  },
  {
    states: /^loggedOut/,
    facts: ['restart.requested', 'logout.requested', 'crashes.exceeded'],
    why: 'there is no link to restart, to end or to suspend',
  },
  {
    states: /^(?!loggedOut)/,
    facts: ['start.requested', 'restart.requested'],
    when: isOwing,
    why: 'what is owed to WhatsApp comes first',
  },
  {
    states: /^loggedOut/,
    facts: ['start.requested'],
    when: ({ intent }) => intent === 'delete',
    why: 'everything is being erased',
  },
  {
    states: /./,
    facts: ['session.idled'],
    when: (context, fact) => idles(fact, 'keep') && isPaired(context),
    why: 'what a phone has linked is kept',
  },
  {
    states: /^(?!open\.settl)/,
    facts: ['session.idled'],
    when: (context, fact) => idles(fact, 'hibernate') && isPaired(context),
    why: 'only an open socket is put to sleep',
  },
  {
    states: /^(?!loggedOut)/,
    facts: ['session.idled'],
    when: (context, fact) => idles(fact, 'delete') && isOwing(context),
    why: 'the link is being ended already',
  },
  {
    states: /^loggedOut/,
    facts: ['session.idled'],
    when: (context, fact) => idles(fact, 'delete') && isPaired(context),
    why: 'there is no link to end, and what it was stays in the archive',
  },
]

const rowsFor = (leaf: string, context: SessionContext, one: SessionFact) =>
  ignored.filter(
    ({ states, facts, when = () => true }) =>
      states.test(leaf) && facts.includes(one.type) && when(context, one),
  )

describe('The session machine', () => {
  it.each(leafStates)('ignores in %s exactly the facts that are listed', leaf => {
    const here = reached.filter(one => one.leaf === leaf)
    expect(here).not.toEqual([])
    for (const { snapshot } of here)
      for (const one of Object.values(facts).flat()) {
        const rows = rowsFor(leaf, snapshot.context, one)
        const heard = snapshot.can({ ...one, at: start } as SessionEvent)
        const what = `${JSON.stringify(one)} is ${heard ? 'heard' : 'ignored'} by ${JSON.stringify(snapshot.context)}`
        expect(rows.map(({ why }) => why).length, what).toBe(heard ? 0 : 1)
      }
  })

  it.each(ignored)('ignores each fact of this line in some state: $why', row => {
    for (const type of row.facts)
      expect(
        reached.some(({ leaf, snapshot: { context } }) =>
          facts[type].some(one => rowsFor(leaf, context, one).includes(row)),
        ),
        type,
      ).toBe(true)
  })

  it('takes a send exactly where the session is open or connects by itself after a scan', () => {
    for (const { leaf, snapshot } of reached) {
      const { waId, intent } = snapshot.context
      const comesBack = /^(starting|open\.settl|reconnecting\.(verifying|waiting|hibernated))/.test(leaf)
      const taken = snapshot.can({ type: 'message.queued', at: start } as never)
      expect(taken, `${leaf} ${JSON.stringify(snapshot.context)}`).toBe(
        comesBack && waId !== null && intent === 'none',
      )
    }
  })
})

describe('Every state', () => {
  it('can be reached', () => {
    expect([...new Set(reached.map(({ leaf }) => leaf))].sort()).toEqual([...leafStates].sort())
  })

  it('can be left towards open by facts and timers', async () => {
    for (const leaf of leafStates) {
      const s = await pathTo[leaf]!()
      expect(s.state).toBe(leaf)
      for (let i = 0; i < 40 && s.state !== 'open.settling'; i++) {
        if (s.context.intent !== 'none') s.send(opened, fact('logout.confirmed'))
        s.send(fact('start.requested'), fact('wake.requested'), opened)
        if (s.state !== 'open.settling') await s.wait(15_000)
        if (s.asking) s.send(said('active'))
      }
      expect(s.state, leaf).toMatch(/^open\.settl/)
    }
  })
})

it('Two sessions of the same machine do not change each other', () => {
  const [a, b] = [new Probe('a'), new Probe('b')]
  a.send(qr('a'), said('active'), published('a'))
  expect(b.state).toBe('starting.connecting')
  expect(b.context.qr).toEqual({
    current: null,
    published: null,
    lastPublishedAt: null,
    unclear: 0,
    askAt: null,
  })
})
