import { sessionSetup } from '../session.setup.ts'
import { question } from './children.ts'
import { begin, goOnOrAskForCode } from './start-requested.ts'

/** Linked and not connected: comes back by itself, on request, or when somebody has acted. */
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
      description: 'session is suspended: somebody must act',
      tags: ['inactive', 'needsAttention'],
      initial: 'resting',
      on: {
        'start.requested': begin,
        'session.crashed': { target: 'suspended', reenter: true },
        'crashes.exceeded': { target: 'suspended', reenter: true },
        'session.resumed': [
          { guard: 'endsByRestart', target: '#session.starting', actions: 'tryAgain' },
          { target: 'suspended', reenter: true },
        ],
      },
      states: {
        resting: {
          after: {
            suspension: [
              { guard: 'isDueToLaravel', target: 'asking' },
              { guard: 'endsByItself', target: '#session.starting', actions: 'tryAgain' },
            ],
          },
        },
        asking: {
          invoke: question,
          on: {
            'laravel.answered': [
              { guard: 'saysYes', target: '#session.starting', actions: 'tryAgain' },
              { target: 'resting', actions: 'noteRefused' },
            ],
          },
        },
      },
    },
  },
})
