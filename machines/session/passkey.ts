import { sessionSetup } from '../session.setup.ts'

const unlessPaired = { guard: 'isNotPaired', target: '#session.starting' } as const

/** Nothing comes of it: a new socket offers a new QR, or a new code. */
export const beginsAnew = { ...unlessPaired, actions: ['connectNow', 'notePasskeyFailed'] } as const

/**
 * WhatsApp demands a passkey before it links the device that was scanned: the account's owner has ten minutes to make an assertion
 * in a browser and to compare a code with the phone. What is agreed on lives in the socket alone and ends with it.
 */
export const passkey = sessionSetup.createStateConfig({
  description: 'session waits for the passkey that WhatsApp demands',
  tags: ['awaitsScan', 'awaitsPasskey'],
  initial: 'required',
  exit: 'forgetPasskey',
  after: { passkeyExpiry: { ...unlessPaired, actions: ['connectNow', 'notePasskeyExpired'] } },
  on: {
    // There is nothing to scan meanwhile.
    'socket.qr': {},
    'passkey.cancelled': { ...unlessPaired, actions: ['connectNow', 'notePasskeyCancelled'] },
  },
  states: {
    required: { on: { 'passkey.submitted': 'submitting' } },
    submitting: {
      entry: 'answerPasskey',
      on: {
        'passkey.submitted': { target: 'submitting', reenter: true },
        'passkey.codeShown': 'confirm',
        'passkey.proved': 'finishing',
      },
    },
    confirm: { on: { 'passkey.confirmed': 'finishing', 'passkey.submitted': 'submitting' } },
    finishing: { entry: 'finishPasskey' },
  },
})
