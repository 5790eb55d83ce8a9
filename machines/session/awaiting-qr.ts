import { sessionSetup } from '../session.setup.ts'
import { publication, question } from './children.ts'
import { beginsAnew, passkey } from './passkey.ts'
import { goOnOrAskForCode, untilStart } from './start-requested.ts'

const verifyNewQr = { guard: 'isNewQr', target: '#session.awaitingQr.verifying', actions: 'noteQr' } as const
const replacing = { guard: 'replacesVoidQr', actions: ['noteQr', 'noteReplaced'] } as const
/** Laravel has said yes in this round: what takes the place of a void QR is offered at once, and its offer is given up. */
const offerReplacement = {
  ...replacing,
  target: '#session.awaitingQr.publishing.offering',
  reenter: true,
} as const
const replacingWhatIsShown = [
  { ...offerReplacement, guard: 'replacesPublishedQr' },
  { ...replacing, target: '#session.awaitingQr.verifying' },
] as const

/** No phone is linked: QRs are shown, one in 30 s, until somebody scans or time is up. */
export const awaitingQr = sessionSetup.createStateConfig({
  description: 'session waits for its QR to be scanned',
  initial: 'verifying',
  on: {
    'socket.paired': { target: '.linking', actions: 'notePaired' },
    'passkey.failed': beginsAnew,
    'passkey.asked': { guard: 'isNotPaired', target: '.passkey', actions: 'notePasskeyAsked' },
    'socket.opened': { target: 'open', actions: 'noteOpened' },
    'session.resumed': { target: 'starting', actions: 'tryAgain' },
    'start.requested': goOnOrAskForCode,
  },
  states: {
    verifying: {
      tags: 'awaitsScan',
      initial: 'asking',
      on: { 'socket.qr': [replacing, { guard: 'isNewQr', actions: 'noteQr' }] },
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
            'socket.qr': [offerReplacement, { guard: 'isNewQr', actions: 'noteQr' }],
            'qr.published': { target: '#session.awaitingQr.shown', actions: 'notePublished' },
            'qr.publishFailed': [
              { guard: 'hasNewerQr', target: '#session.awaitingQr.verifying', actions: 'noteNotTaken' },
              { guard: 'isQrGood', target: 'pausing', actions: 'noteNotTaken' },
              { target: '#session.awaitingQr.shown.ready', actions: 'noteNotTaken' },
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
          on: { 'socket.qr': [offerReplacement, verifyNewQr] },
        },
      },
    },
    shown: {
      tags: 'awaitsScan',
      initial: 'throttled',
      after: { qrExpiry: { guard: 'isUnscanned', target: 'expired', actions: 'noteExpired' } },
      states: {
        throttled: {
          on: {
            'socket.qr': [...replacingWhatIsShown, { guard: 'isNewQr', actions: 'noteQr' }],
          },
          after: {
            qrThrottle: [
              { guard: 'hasHeldQr', target: '#session.awaitingQr.verifying' },
              { target: 'ready' },
            ],
          },
        },
        ready: {
          on: {
            'socket.qr': [...replacingWhatIsShown, verifyNewQr],
          },
        },
      },
    },
    passkey,
    /** A phone has scanned: WhatsApp asks for a new connection, and if it does not, there is one all the same. */
    linking: {
      after: { linkTimeout: { target: '#session.starting', actions: 'connectNow' } },
      on: { 'socket.qr': {} },
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
