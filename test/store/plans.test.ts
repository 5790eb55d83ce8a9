import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, it } from 'vitest'
import { prepareSchema } from '../../src/store/schema.ts'
import type { Statements } from '../../src/store/statements.ts'
import * as accountEvents from '../../src/store/tables/account-events.ts'
import * as chatTimers from '../../src/store/tables/chat-timers.ts'
import * as deliveries from '../../src/store/tables/deliveries.ts'
import * as downloads from '../../src/store/tables/downloads.ts'
import * as messages from '../../src/store/tables/messages.ts'
import * as people from '../../src/store/tables/people.ts'

const db = new DatabaseSync(':memory:')
prepareSchema(db)
afterAll(() => db.close())

/** The statements that some work hands over, none of which is run. */
function statementsOf(work: (sql: Statements) => unknown): string[] {
  const texts: string[] = []
  const note =
    <T>(result: T) =>
    (text: string) => {
      texts.push(text)
      return result
    }
  work({ all: note([]), get: note(undefined), run: note(0) })
  return texts
}

const plan = (text: string) =>
  db
    .prepare(`EXPLAIN QUERY PLAN ${text}`)
    .all()
    .map(row => String(row.detail))

const message = {
  seq: 1,
  messageId: 'A',
  chatId: '1@lid',
  direction: 'in',
  dedupeKey: 'k',
  content: '{}',
  status: 'received',
  at: 1,
} as const

const WORK: [string, (sql: Statements) => unknown][] = [
  ['find', sql => messages.messageReads(sql).find('s', 'A', 'out')],
  ['hasDedupeKey', sql => messages.messageReads(sql).hasDedupeKey('s', 'k')],
  ['unsent', sql => messages.messageReads(sql).unsent('s')],
  ['hasUnsent', sql => messages.messageReads(sql).hasUnsent('s')],
  ['overdue', sql => messages.messageReads(sql).overdue(1, 1, { streamId: 's', seq: 1 })],
  ['received', sql => messages.messageReads(sql).received('s', 0, 9, 9)],
  ['unread', sql => messages.messageReads(sql).unread('s', 0, 9)],
  ['knowsChat', sql => messages.messageReads(sql).knowsChat('s', ['1@lid'])],
  ['inChat', sql => messages.messageReads(sql).inChat('s', ['1@lid'], null, 9)],
  ['encoded', sql => messages.messageReads(sql).encoded('s', 'A')],
  ['originals', sql => messages.messageReads(sql).originals('s', 'A')],
  ['secretOf', sql => messages.messageReads(sql).secretOf('s', 'A')],
  ['idempotent', sql => messages.messageReads(sql).idempotent('s', 'k', 1)],
  ['insert', sql => messages.writeMessages(sql, 's', [{ insert: message }])],
  ['prepared', sql => messages.writeMessages(sql, 's', [{ prepared: { messageId: 'A', content: '{}' } }])],
  [
    'encode',
    sql => messages.writeMessages(sql, 's', [{ encoded: { messageId: 'A', proto: new Uint8Array() } }]),
  ],
  ['refused', sql => messages.writeMessages(sql, 's', [{ refused: { messageId: 'A', error: '429: no' } }])],
  ['reread', sql => messages.writeMessages(sql, 's', [{ reread: { seq: 1, content: '{}' } }])],
  [
    'update',
    sql => messages.writeMessages(sql, 's', [{ update: { messageId: 'A', status: 'sent', at: 1 } }]),
  ],
  ['eraseBodies', sql => messages.eraseBodies(sql, 1, 9, 1)],
  ['find an event', sql => accountEvents.accountEventReads(sql).find('s', 'k')],
  ['events between', sql => accountEvents.accountEventReads(sql).between('s', 0, 9, 9)],
  ['nameOf', sql => accountEvents.accountEventReads(sql).nameOf('s', '1@lid')],
  ['eraseEventWords', sql => accountEvents.eraseEventWords(sql, 1, 9)],
  ['pruneAccountEvents', sql => accountEvents.pruneAccountEvents(sql, 1, 9)],
  ['head of a lane', sql => deliveries.deliveryReads(sql).head('s|1@lid')],
  ['settle a delivery', sql => deliveries.settleDelivery(sql, 1, { done: true })],
  ['find a person', sql => people.peopleReads(sql).find('s', '1@lid')],
  ['streamsDue', sql => downloads.downloadReads(sql).streamsDue(1)],
  ['downloads due', sql => downloads.downloadReads(sql).due('s', 1, 1)],
  ['downloads pending', sql => downloads.downloadReads(sql).hasPending('s')],
  ['deliveries pending', sql => deliveries.deliveryReads(sql).hasPending('s')],
  ['find a timer', sql => chatTimers.chatTimerReads(sql).find('s', ['1@lid'])],
]

it.each(WORK)('%s looks at no more rows when a session has more', (_, work) => {
  const texts = statementsOf(work)
  expect(texts).not.toEqual([])
  for (const text of texts)
    for (const step of plan(text)) {
      expect(step, text).not.toMatch(/^SCAN (?!json_each|p$|m USING INDEX messages_unsent)/)
      expect(step, text).not.toMatch(/^SEARCH (?!e )\w+ USING PRIMARY KEY \(stream_id=\?\)$/)
      expect(step, text).not.toMatch(/ deliveries_dead /)
    }
})

it('a page of lanes looks at no more rows when there are more lanes, or more in each', () => {
  const [text] = statementsOf(sql => deliveries.deliveryReads(sql).lanes('', 1))
  const steps = plan(text!)
  const looks = steps.filter(step => / (?:deliveries|d|h)(?: |$)/.test(step))
  expect(looks.length).toBeGreaterThan(3)
  for (const step of looks)
    expect(step).toMatch(/^SEARCH .*(?:deliveries_pending \(lane[=>]\?\)|PRIMARY KEY)/)
  expect(steps.join('\n')).not.toMatch(/TEMP B-TREE/)
})
