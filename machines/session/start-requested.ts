/** What /start means, by where the session stands. */

/** A session that waits for it begins. */
export const begin = {
  guard: 'owesNothing',
  target: '#session.starting',
  actions: ['noteStart', 'notePairingChoice', 'tryAgain'],
} as const

/** One that goes on by itself: only a pairing code for another number begins it anew. */
export const goOnOrAskForCode = [
  { ...begin, guard: 'wantsCode' },
  { guard: 'owesNothing', actions: 'noteStart' },
] as const

/** Where nothing runs any more, only /start leads on. */
export const untilStart = {
  'socket.*': {},
  'passkey.*': {},
  'session.resumed': {},
  'session.crashed': { actions: 'permit' },
  'crashes.exceeded': { actions: 'permit' },
  'start.requested': begin,
} as const
