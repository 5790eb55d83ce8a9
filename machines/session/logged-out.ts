import { sessionSetup } from '../session.setup.ts'

/** What is archived when a process starts: the archive's end is waited for again. */
const keepArchive = {
  guard: 'isArchived',
  reenter: true,
  actions: ['failQueued', 'deleteSessionIfOwed'],
} as const
const archiveEnd = { guard: 'isArchived', actions: ['eraseCredentials', 'noteArchiveEnd'] } as const

/** Nothing is linked. */
export const loggedOut = sessionSetup.createStateConfig({
  description: 'session is logged out',
  tags: ['inactive', 'loggedOut'],
  initial: 'unlinked',
  entry: ['noteDeleted', 'endSocket', 'failQueued', 'deleteSessionIfOwed'],
  on: {
    'socket.*': {},
    'restart.requested': {},
    'logout.requested': {},
    'crashes.exceeded': {},
    'session.crashed': { actions: 'permit' },
    'delete.requested': { actions: ['setIntent', 'deleteSession'] },
    'start.requested': {
      guard: 'owesNothing',
      target: 'starting',
      actions: ['forgetLink', 'noteStart', 'notePairingChoice', 'tryAgain', 'eraseCredentials'],
    },
    'session.idled': [{ guard: 'isNotPaired', actions: ['setIntent', 'deleteSession'] }, {}],
    'session.resumed': { actions: ['eraseCredentialsIfDue', 'failQueued', 'deleteSessionIfOwed'] },
  },
  states: {
    unlinked: {
      after: { archiveEnd },
      on: {
        'session.resumed': { ...keepArchive, target: 'unlinked' },
        'session.crashed': { guard: 'isArchived', target: 'unlinked', reenter: true },
      },
    },
    banned: {
      description: 'session is closed by WhatsApp',
      tags: 'needsAttention',
      after: { archiveEnd },
      on: {
        'session.resumed': { ...keepArchive, target: 'banned' },
        'session.crashed': { guard: 'isArchived', target: 'banned', reenter: true },
      },
    },
    neverLinked: {},
  },
})
