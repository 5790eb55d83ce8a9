import type { SessionContext } from './session.context.ts'
import { SESSION_MACHINE_VERSION } from './session.machine.ts'
import { restLength } from './session.rests.ts'

/** A session as a row of the log holds it: dotted state, context, and the version of the machine that wrote them. */
export interface StoredSession {
  state: string
  context: Record<string, unknown>
  machineVersion: string
}

/** Takes a row of one version to the next; the key is the version that it understands. */
export type Upcasters = Record<string, (row: StoredSession) => StoredSession>

/** Every step that was ever needed; none of them may be taken away: logs of that version restore for ever. */
export const UPCASTERS: Upcasters = {
  // WhatsApp's pauses (463, 429) became facts; a QR that Laravel did not take is offered again by a timer of the chart.
  '1': ({ state, context }) => ({
    state: state === 'awaitingQr.publishing' ? 'awaitingQr.publishing.offering' : state,
    context: { reachOutLock: null, slowdown: null, ...context },
    machineVersion: '2',
  }),
  // A QR that replaces a void one is offered at once.
  '2': row => ({ ...row, machineVersion: '3' }),
  // No suspension waits for ever for a call: what did is tried again 15 min after it began.
  '3': ({ state, context }) => ({
    state,
    context: {
      outage: null,
      ...context,
      ...(state.startsWith('reconnecting.suspended') && resting(context)),
    },
    machineVersion: '4',
  }),
  // A session says what Laravel answered, and that it was deleted.
  '4': row => ({ ...row, machineVersion: '5' }),
}

function resting({ connectingAt, retryAt }: StoredSession['context']) {
  const since = Number(connectingAt)
  return { outage: { since, rests: 1, told: true }, retryAt: retryAt ?? since + restLength(1) }
}

/** Brings a stored session up to today's machine. Throws a sentence for a version that nothing here understands. */
export function upcast(
  row: StoredSession,
  upcasters: Upcasters = UPCASTERS,
): { state: string; context: SessionContext } {
  let { state, context, machineVersion } = row
  while (machineVersion !== SESSION_MACHINE_VERSION) {
    const step = upcasters[machineVersion]
    if (step === undefined)
      throw new Error(
        `This session was written by version ${machineVersion} of its machine, which version ${SESSION_MACHINE_VERSION} cannot read.`,
      )
    ;({ state, context, machineVersion } = step({ state, context, machineVersion }))
  }
  return { state, context: context as unknown as SessionContext }
}
