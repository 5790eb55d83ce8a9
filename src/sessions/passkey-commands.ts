import type { SessionFact } from '../../machines/facts.ts'
import { GatewayError } from '../base/errors.ts'
import type { PasskeyVault } from '../ports/qr-vault.ts'
import type { PasskeyCommands } from '../ports/sessions.ts'
import type { EntryFinder } from './entries.ts'
import type { SessionEntry } from './registry.ts'

/**
 * What the owner of an account says to the passkey that WhatsApp demands. Refusals reach the owner's page: they name no session. What
 * runs is asked in the turn of the call: a token is good once.
 */
export function createPasskeyCommands(
  { running, refused }: Pick<EntryFinder, 'running' | 'refused'>,
  passkeys: Pick<PasskeyVault, 'useToken'>,
): PasskeyCommands {
  const asked = ({ actor }: SessionEntry) => {
    if (!actor.ended && actor.hasTag('awaitsPasskey')) return actor
    throw new GatewayError(
      'PASSKEY_NOT_ASKED',
      'WhatsApp demands no passkey of this session now; link a phone first, and ask again if it does.',
    )
  }
  const say = async (sessionId: string, fact: SessionFact, sentence: string) => {
    if (await asked(running(sessionId) ?? (await refused(sessionId))).post(fact)) return
    throw new GatewayError('STATE_FORBIDS', `This session ${sentence}`)
  }
  return {
    async submitPasskey(sessionId, assertion) {
      const actor = asked(running(sessionId) ?? (await refused(sessionId)))
      const fact = { type: 'passkey.submitted' } as const
      if (actor.can(fact)) {
        actor.socket?.passkey.take(assertion)
        // Before anything is waited for: a token is good once.
        passkeys.useToken(sessionId)
      }
      await say(sessionId, fact, 'is linked with the assertion that it has.')
    },
    confirmPasskey: sessionId =>
      say(sessionId, { type: 'passkey.confirmed' }, 'shows no code that waits to be compared.'),
    cancelPasskey: sessionId =>
      say(sessionId, { type: 'passkey.cancelled' }, 'is linked already: POST …/logout unlinks it.'),
  }
}
