import type { BinaryNode, WAMessage } from '@whiskeysockets/baileys'
import type { Clock } from '../../base/clock.ts'
import { digitsOf, isGroup, lidOf } from '../jid.ts'
import type { AuthState } from '../keys/auth-state.ts'
import { firstContactNodes } from './cs-token.ts'
import { saltInHistory } from './history-salt.ts'

export interface FirstContactDeps {
  auth: Pick<AuthState, 'keepNctSalt' | 'lidMapping' | 'nctSalt' | 'tcToken'>
  /** Asks WhatsApp for the LID of a number that has none here yet; null when nobody answers. */
  askLid(jid: string): Promise<string | null>
  clock: Clock
  failed(error: unknown, sentence: string): void
}

/** What lets this account write to somebody new: its salt, from wherever the phone gives it, and what a message carries for it. */
export class FirstContact {
  readonly #deps: FirstContactDeps

  constructor(deps: FirstContactDeps) {
    this.#deps = deps
  }

  /** `messages.upsert`: parts of the phone's history are looked through until one has the salt. */
  heard(messages: readonly WAMessage[]): void {
    const { auth, failed } = this.#deps
    for (const { key, message } of messages) {
      const notification = message?.protocolMessage?.historySyncNotification
      if (!notification || !key.fromMe || auth.nctSalt() !== null) continue
      saltInHistory(notification).then(
        salt => salt && auth.keepNctSalt(salt),
        (error: unknown) =>
          failed(error, 'no salt for first contacts could be read in the history of the phone'),
      )
    }
  }

  /** What a message to that chat carries beside its content; nothing in groups, and where nothing is known. */
  async nodesFor(chatId: string): Promise<BinaryNode[]> {
    const { auth, askLid, clock } = this.#deps
    const phone = digitsOf(chatId)
    if (isGroup(chatId) || auth.nctSalt() === null) return []
    const user = phone && (await auth.lidMapping(phone))
    const known = lidOf(chatId) ?? (user ? `${user}@lid` : null)
    const lid = known ?? (phone ? lidOf(await askLid(chatId)) : null)
    return firstContactNodes(
      lid,
      { salt: () => auth.nctSalt(), tokenOf: jid => auth.tcToken(jid) },
      clock.now(),
    )
  }
}
