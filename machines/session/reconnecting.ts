import { sessionSetup } from '../session.setup.ts'
import { question } from './children.ts'
import { begin, goOnOrAskForCode } from './start-requested.ts'

/** Linked and not connected: comes back by itself or on request. */
export const reconnecting = sessionSetup.createStateConfig({
  description: 'session lost its connection and comes back by itself',
  entry: 'endSocket',
  initial: 'verifying',
  on: { 'socket.*': {} },
  states: {
    verifying: {
      invoke: question,
      after: { patience: 'waiting' },
      on: {
        'laravel.answered': [
          { guard: 'saysNo', target: 'suspended', actions: 'noteRefused' },
          { target: 'waiting' },
        ],
        'start.requested': goOnOrAskForCode,
        'session.resumed': { target: 'verifying', reenter: true },
        'message.queued': { guard: 'takesSends', actions: 'permit' },
      },
    },
    waiting: {
      after: { backoff: { target: '#session.starting', actions: 'connectNow' } },
      on: {
        'start.requested': goOnOrAskForCode,
        'session.resumed': { target: 'waiting', reenter: true },
        'message.queued': { guard: 'takesSends', actions: 'permit' },
      },
    },
    hibernated: {
      description: 'session sleeps until it is needed',
      tags: 'asleep',
      after: { hibernation: { target: '#session.starting', actions: 'connectNow' } },
      on: {
        'start.requested': { target: '#session.starting', actions: ['noteStart', 'tryAgain'] },
        'wake.requested': { target: '#session.starting', actions: 'tryAgain' },
        'session.resumed': [
          { guard: 'hasSendsWaiting', target: '#session.starting', actions: 'tryAgain' },
          { target: 'hibernated', reenter: true },
        ],
        'session.crashed': { target: 'hibernated', reenter: true },
        'message.queued': { guard: 'takesSends', actions: 'permit' },
      },
    },
    suspended: {
      description: 'session is suspended: it is tried again by itself, ever less often',
      tags: 'needsAttention',
      initial: 'resting',
      after: { untold: { guard: 'isUntold', actions: 'noteTold' } },
      on: {
        'start.requested': begin,
        'session.crashed': { target: 'suspended', reenter: true },
        'crashes.exceeded': { target: 'suspended', reenter: true },
        'session.resumed': [
          { guard: 'endsByRestart', target: '#session.starting', actions: 'connectNow' },
          { target: 'suspended', reenter: true },
        ],
        'version.accepted': { guard: 'isDueToVersion', target: '#session.starting', actions: 'connectNow' },
      },
      states: {
        resting: {
          after: {
            suspension: [
              { guard: 'isDueToLaravel', target: 'asking' },
              { target: '#session.starting', actions: 'connectNow' },
            ],
          },
        },
        asking: {
          invoke: question,
          after: { answerTimeout: { target: 'resting', actions: 'noteRefused' } },
          on: {
            'laravel.answered': [
              { guard: 'saysYes', target: '#session.starting', actions: ['connectNow', 'noteWelcome'] },
              { target: 'resting', actions: 'noteRefused' },
            ],
          },
        },
      },
    },
  },
})
