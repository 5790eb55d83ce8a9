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
    personOf: async name => store.people.find(streamId, name),
    originals: async messageId => {
      const all = await store.messages.originals(streamId, messageId)
      if (all.every(({ secret, content }) => secret !== null || !('to' in content))) return all
      // Queued before secrets were kept: a poll's lies in what went out.
      const sent = await store.messages.encoded(streamId, messageId)
      const inSent = (sent && messageSecretOf({ message: proto.Message.decode(sent) })) ?? null
      return all.map(one => (one.secret === null && 'to' in one.content ? { ...one, secret: inSent } : one))
    },
    subjectOf: () => null,
    now: () => clock.now(),
  }
}
