import { z } from 'zod'
import { pairingCodeAnswer, qrAnswer } from '../../http/schemas/answers.ts'
import { passkeyAnswer, passkeyBody, passkeyPageAnswer } from '../../http/schemas/passkey.ts'
import { pairingCodeRequest, qrQuery } from '../../http/schemas/requests.ts'
import { OF_BODIES, OF_NO_BODY, type Operations } from '../operation.ts'
import { ofSession } from './sessions.ts'

const PASSKEY = ['SESSION_NOT_FOUND', 'PASSKEY_NOT_ASKED', 'STATE_FORBIDS', 'SESSION_UNREADABLE'] as const
const ofToken = z.object({ token: z.string() })

export const LINKING: Operations = {
  'GET /sessions/{id}/qr': {
    id: 'showQr',
    tag: 'Linking',
    summary: 'The QR that can be scanned now',
    description:
      'In the form that `format` or `Accept` asks for, PNG else. A QR is a secret: whoever scans it is linked.',
    path: ofSession,
    query: qrQuery,
    answers: {
      200: {
        description: 'A picture, lines for a terminal, or the text to be drawn.',
        schema: qrAnswer,
        types: { 'image/png': {}, 'image/svg+xml': {}, 'text/plain': { description: 'For a terminal.' } },
      },
    },
    errors: ['SESSION_NOT_FOUND', 'QR_NOT_AVAILABLE', 'VALIDATION_FAILED'],
  },
  'POST /sessions/{id}/pairing-code': {
    id: 'requestPairingCode',
    tag: 'Linking',
    summary: 'Ask for a code that is typed into the phone',
    path: ofSession,
    body: pairingCodeRequest,
    answers: { 200: { description: 'The code, in place of a scan.', schema: pairingCodeAnswer } },
    errors: [
      ...OF_BODIES,
      'SESSION_NOT_FOUND',
      'PAIRING_CODE_NOT_AVAILABLE',
      'STATE_FORBIDS',
      'SESSION_UNREADABLE',
    ],
  },
  'GET /sessions/{id}/pairing-code': {
    id: 'showPairingCode',
    tag: 'Linking',
    summary: 'The code again',
    path: ofSession,
    answers: { 200: { description: 'It holds until `expires_at`.', schema: pairingCodeAnswer } },
    errors: ['SESSION_NOT_FOUND', 'PAIRING_CODE_NOT_AVAILABLE'],
  },
  'GET /sessions/{id}/passkey': {
    id: 'showPasskey',
    tag: 'Linking',
    summary: 'The passkey that WhatsApp demands before it links',
    path: ofSession,
    answers: { 200: { description: 'How far it is, and what its owner needs.', schema: passkeyAnswer } },
    errors: ['SESSION_NOT_FOUND', 'PASSKEY_NOT_ASKED'],
  },
  'POST /sessions/{id}/passkey': {
    id: 'submitPasskey',
    tag: 'Linking',
    summary: "Give WhatsApp the owner's assertion",
    path: ofSession,
    body: passkeyBody,
    answers: { 200: { description: 'It is on its way to WhatsApp.', schema: passkeyAnswer } },
    errors: [...OF_BODIES, ...PASSKEY],
  },
  'POST /sessions/{id}/passkey/confirm': {
    id: 'confirmPasskey',
    tag: 'Linking',
    summary: 'Say that phone and session show the same code',
    path: ofSession,
    answers: { 200: { description: 'The link goes on.', schema: passkeyAnswer } },
    errors: [...OF_NO_BODY, ...PASSKEY],
  },
  'DELETE /sessions/{id}/passkey': {
    id: 'cancelPasskey',
    tag: 'Linking',
    summary: 'Begin again with a new QR',
    path: ofSession,
    answers: { 200: { description: 'Nobody goes on with it.', schema: passkeyAnswer } },
    errors: PASSKEY.slice(),
  },
  'GET /passkey/{token}': {
    id: 'showPasskeyPage',
    tag: 'Linking',
    summary: "What the owner's page of WhatsApp needs",
    description: 'The token takes the place of a key; only pages of WhatsApp may read it.',
    isOpen: true,
    path: ofToken,
    answers: { 200: { description: 'The options of the assertion.', schema: passkeyPageAnswer } },
    errors: ['PASSKEY_NOT_ASKED', 'SESSION_NOT_FOUND'],
  },
  'POST /passkey/{token}': {
    id: 'submitPasskeyPage',
    tag: 'Linking',
    summary: "The assertion from the owner's page of WhatsApp",
    isOpen: true,
    path: ofToken,
    body: passkeyBody,
    answers: { 200: { description: 'It is on its way to WhatsApp.', schema: passkeyPageAnswer } },
    errors: [...OF_BODIES, ...PASSKEY],
  },
}
