import { sessionSetup } from '../session.setup.ts'
import { publication, question } from './children.ts'
import { goOnOrAskForCode, untilStart } from './start-requested.ts'

/** No phone is linked: QRs are shown, one in 30 s, until somebody scans or time is up. */
export const awaitingQr = sessionSetup.createStateConfig({
  description: 'session waits for its QR to be scanned',
  initial: 'verifying',
  on: {
    'socket.paired': { actions: 'notePaired' },
    'socket.opened': { target: 'open', actions: 'noteOpened' },
    'session.resumed': { target: 'starting', actions: 'tryAgain' },
    'start.requested': goOnOrAskForCode,
  },
  states: {
    verifying: {
      tags: 'awaitsScan',
      initial: 'asking',
      on: { 'socket.qr': { guard: 'isNewQr', actions: 'noteQr' } },
      states: {
        asking: {
          invoke: question,
          on: {
            'laravel.answered': [
              { guard: 'saysYes', target: '#session.awaitingQr.publishing', actions: 'noteClear' },
              { guard: 'saysOldNews', target: '#session.awaitingQr.publishing', actions: 'noteClear' },
              {
                guard: 'saysNo',
                target: '#session.awaitingQr.refused',
                actions: ['noteRefused', 'waitForStart'],
              },
              { target: 'pausing', actions: 'noteUnclear' },
            ],
          },
        },
        pausing: {
          after: {
            askAgain: 'asking',
            qrExpiry: {
              guard: 'isUnscanned',
              target: '#session.awaitingQr.expired',
              actions: 'noteExpired',
            },
          },
        },
      },
    },
    publishing: {
      tags: ['awaitsScan', 'publishing'],
      initial: 'offering',
      states: {
        offering: {
          invoke: publication,
          on: {
            'socket.qr': { guard: 'isNewQr', actions: 'noteQr' },
            'qr.published': { target: '#session.awaitingQr.shown', actions: 'notePublished' },
            'qr.publishFailed': [
              { guard: 'hasNewerQr', target: '#session.awaitingQr.verifying' },
              { guard: 'isQrGood', target: 'pausing' },
              { target: '#session.awaitingQr.shown.ready' },
            ],
          },
        },
        // Laravel did not take it: once more while it is good, unless a newer one comes.
        pausing: {
          after: {
            offerAgain: [
              { guard: 'isQrGood', target: 'offering' },
              { target: '#session.awaitingQr.shown.ready' },
            ],
          },
          on: {
            'socket.qr': {
              guard: 'isNewQr',
              target: '#session.awaitingQr.verifying',
              actions: 'noteQr',
            },
          },
        },
      },
    },
    shown: {
      tags: 'awaitsScan',
      initial: 'throttled',
      after: { qrExpiry: { guard: 'isUnscanned', target: 'expired', actions: 'noteExpired' } },
      states: {
        throttled: {
          on: { 'socket.qr': { guard: 'isNewQr', actions: 'noteQr' } },
          after: {
            qrThrottle: [
              { guard: 'hasHeldQr', target: '#session.awaitingQr.verifying' },
              { target: 'ready' },
            ],
          },
        },
        ready: {
          on: {
            'socket.qr': {
              guard: 'isNewQr',
              target: '#session.awaitingQr.verifying',
              actions: 'noteQr',
            },
          },
        },
      },
    },
    refused: {
      description: 'session shows no QR: Laravel says it is not active',
      tags: ['inactive', 'needsAttention'],
      entry: 'endSocket',
      on: untilStart,
    },
    expired: {
      description: 'session waited for a scan that did not come',
      tags: 'inactive',
      entry: 'endSocket',
      on: untilStart,
    },
  },
})
