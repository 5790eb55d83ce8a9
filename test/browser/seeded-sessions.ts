import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { initialContext, type SessionContext } from '../../machines/session.context.ts'
import { SESSION_MACHINE_VERSION } from '../../machines/session.machine.ts'
import { createClock } from '../../src/base/clock.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'

const HOUR = 3_600_000

/** Writes sessions into an empty DATA_DIR that stand still by themselves: logged out, asleep, suspended. */
export async function seedSessions(
  dataDir: string,
  count: number,
  name = (i: number) => `Shop ${i}`,
): Promise<void> {
  const { now } = createClock()
  const store = await openSqliteStore({
    dataDir,
    now,
    onDeath: error => {
      throw error
    },
    onUnforgotten: () => {},
    erasesDone: false,
  })
  const writes = Array.from({ length: count }, (_, i) => {
    const sessionId = `shop-${String(i).padStart(4, '0')}`
    const at = now() - i * 60_000
    const [state, context] = standing(i, at, name(i))
    const whole = { ...initialContext({ sessionId, userId: i, at }), ...context }
    return store.commit({
      streamId: `stream-${i}`,
      epoch: 1,
      create: { sessionId, userId: i, at },
      events: [
        {
          seq: 1,
          at,
          type: 'session.created',
          data: { sessionId, userId: i },
          snapshot: { state, context: JSON.stringify(whole), machineVersion: SESSION_MACHINE_VERSION },
        },
      ],
    })
  })
  await Promise.all(writes)
  await store.close()
}

/** What Laravel refused of the first of them. */
export function seedDeadLetters(dataDir: string): void {
  const store = new DatabaseSync(join(dataDir, 'store.sqlite'))
  const insert =
    store.prepare(`INSERT INTO deliveries (webhook_id, kind, lane, stream_id, session_id, seq, at,
    payload, next_at, dead_at, tries, attempts, last_error) VALUES (?, 'messages', ?, 'stream-0', 'shop-0000', ?, ?, ?, 0, ?, 5, 5, ?)`)
  const chat = '34611999999@s.whatsapp.net'
  for (const [seq, body, error] of [
    [2, 'Do you repair boots?', 'HTTP 422'],
    [3, 'By Friday, if you can.', 'HTTP 404'],
  ] as const) {
    const at = Date.now() - (9 - seq) * HOUR
    const message = { session_id: 'shop-0000', message_id: `3EB0${seq}`, chat_id: chat, type: 'text', body }
    insert.run(
      `stream-0.${seq}.messages`,
      `stream-0|${chat}`,
      seq,
      at,
      JSON.stringify(message),
      at + HOUR,
      error,
    )
  }
  store.close()
}

function standing(i: number, at: number, pushName: string): [string, Partial<SessionContext>] {
  const linked = { linked: true, waId: `34611${String(i).padStart(6, '0')}`, pushName, openedAt: at }
  if (i % 10 === 3)
    return [
      'reconnecting.suspended.resting',
      {
        ...linked,
        reason: 'temporarily_banned',
        reasonText:
          'WhatsApp banned the account for a time; send less. The session is opened again when the ban ends.',
        retryAt: Date.now() + HOUR,
        outage: { since: at, rests: 1, told: true },
      },
    ]
  if (i % 10 === 7) return ['loggedOut.neverLinked', {}]
  return [
    'reconnecting.hibernated',
    { ...linked, retryAt: Date.now() + 6 * HOUR, reason: 'idle', reasonText: null },
  ]
}
