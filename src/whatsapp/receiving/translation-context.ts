import { proto } from '@whiskeysockets/baileys'
import type { Clock } from '../../base/clock.ts'
import type { Store } from '../../ports/store.ts'
import type { WhatsAppConfig } from '../baileys-settings.ts'
import type { Me } from '../keys/inbox-rows.ts'
import { messageSecretOf } from '../message-secret.ts'
import type { TranslationContext } from './to-received-message.ts'

/** No group has a subject in it. */
export function translationContext(
  {
    store,
    config,
    clock,
  }: { store: Pick<Store, 'messages' | 'people'>; config: WhatsAppConfig; clock: Clock },
  streamId: string,
  me: Me,
): TranslationContext {
  return {
    me,
    inboundFromMe: config.inboundFromMe,
    inboundIgnore: config.inboundIgnore,
    inboundRaw: config.inboundRaw ?? 'none',
    foreignMediaHost: config.url !== undefined,
    personOf: name => store.people.find(streamId, name),
    originals: messageId =>
      store.messages.originals(streamId, messageId).map(one => {
        if (one.secret !== null || !('to' in one.content)) return one
        // Queued before secrets were kept: a poll's lies in what went out.
        const sent = store.messages.encoded(streamId, messageId)
        return { ...one, secret: (sent && messageSecretOf({ message: proto.Message.decode(sent) })) ?? null }
      }),
    subjectOf: () => null,
    now: () => clock.now(),
  }
}
