import type { Fault } from '../../simulator/faults/table.ts'

/** What WhatsApp does to one session that is not over by itself, and how the session must stand at the end. */
export interface LoneCase {
  name: string
  fault: Omit<Fault, 'device' | 'account' | 'share'>
  state: 'loggedOut' | 'reconnecting' | 'open'
  reason: string | null
  /** Or it is open: a process that was started since then may try again by itself. */
  orOpenAfterRestart: boolean
  /** What a send is answered with. */
  send: { status: number; code?: number }
}

const forGood = (name: string, fault: LoneCase['fault'], reason: string): LoneCase => ({
  ...{ name, fault, reason, state: 'loggedOut', orOpenAfterRestart: false },
  send: { status: 409 },
})
const until = (
  name: string,
  fault: LoneCase['fault'],
  reason: string,
  orOpenAfterRestart = false,
): LoneCase => ({
  ...{ name, fault, reason, state: 'reconnecting', orOpenAfterRestart },
  send: { status: 409 },
})
const atLogin = (status: number, more: Partial<Fault> = {}) => ({
  ...{ kind: 'failure' as const, status, for: 86_400_000 },
  ...more,
})

/** Each has a session of its own, with which nobody talks. 405 is not among them: it means the client of all, and holds all back. */
export const LONE_CASES: readonly LoneCase[] = [
  forGood('device removed (401)', { kind: 'removed' }, 'unlinked'),
  forGood('401 at login', atLogin(401), 'unlinked'),
  forGood('403 at login', atLogin(403), 'banned'),
  forGood('406 at login', atLogin(406), 'banned'),
  until('replaced (440)', { kind: 'replaced' }, 'replaced', true),
  until('402 at login, for a day', atLogin(402, { expire: 86_400 }), 'temporarily_banned'),
  until('409 at login', atLogin(409), 'client_mismatch'),
  until('411 at login', atLogin(411), 'client_mismatch'),
  {
    ...{ name: 'a send refused with 463', fault: { kind: 'error-ack', code: '463' } },
    ...{ state: 'open', reason: null, orOpenAfterRestart: false },
    send: { status: 422, code: 463 },
  },
]
