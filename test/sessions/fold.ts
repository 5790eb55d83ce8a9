import { expect } from 'vitest'
import { createActor, type SnapshotFrom, transition } from 'xstate'
import { initialContext } from '../../machines/session.context.ts'
import { sessionMachine } from '../../machines/session.machine.ts'
import { dottedState } from '../../machines/session.state.ts'
import type { StoredEvent } from '../../src/ports/event-log.ts'

const NOOP = Object.fromEntries(
  ['eraseCredentials', 'eraseCredentialsIfDue', 'deleteSession', 'deleteSessionIfOwed', 'failQueued'].map(
    name => [name, () => {}],
  ),
)

/** Folds a session's log with the pure machine: every row's state and context must be the fold's. */
export function checkFold(
  rows: StoredEvent[],
  { gaps, guards }: { gaps: boolean; guards: { isThrottled: () => boolean } },
): void {
  if (!gaps) expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, i) => i + 1))
  const machine = sessionMachine.provide({ guards, actions: NOOP as never }) as typeof sessionMachine
  const [first, ...rest] = rows.filter(({ snapshot }) => snapshot !== null)
  const input = { ...(first!.data as { sessionId: string; userId: string | number }), at: first!.at }
  let folded = createActor(machine, { input }).getSnapshot()
  expect(JSON.parse(first!.snapshot!.context)).toEqual(initialContext(input))
  for (const { seq, at, type, data, snapshot } of rest) {
    ;[folded] = transition(machine, folded, { ...data, type, at } as never) as [
      SnapshotFrom<typeof machine>,
      never,
    ]
    const { state, context } = snapshot!
    expect(`${seq} ${type} -> ${dottedState(folded.value)}`).toBe(`${seq} ${type} -> ${state}`)
    expect(JSON.parse(JSON.stringify(folded.context)), `${seq} ${type}`).toEqual(JSON.parse(context))
  }
}
