import type { Upcasters } from '../../machines/session.upcasters.ts'

/**
 * A version that never was: it called `awaitingQr` by another name and counted `tries`. Its log (logs/made-up-version-0.1.jsonl) shows
 * that a session of an older machine restores, step by step, whatever was renamed since.
 */
export const MADE_UP: Upcasters = {
  '0': ({ state, context: { tries, ...context } }) => ({
    state: state.replace(/^awaitingScan/, 'awaitingQr'),
    context: { ...context, attempts: tries },
    machineVersion: '1',
  }),
}
