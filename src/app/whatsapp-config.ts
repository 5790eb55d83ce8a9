import type { Config } from '../config.ts'
import type { WhatsAppConfig } from '../whatsapp/baileys-settings.ts'
import type { Overrides } from './overrides.ts'

/** What of the configuration WhatsApp's side goes by. */
export function whatsappConfig(
  { whatsapp, inbound, keep, rejectCalls }: Config,
  accountEvents: WhatsAppConfig['accountEvents'],
  { qrTimeoutMs, keepAliveMs }: Overrides,
): WhatsAppConfig {
  return {
    url: whatsapp.url ?? undefined,
    rootKey: whatsapp.rootKey ?? undefined,
    version: whatsapp.version ?? undefined,
    qrTimeoutMs,
    keepAliveMs,
    accountEvents,
    rejectCalls,
    inboundFromMe: inbound.fromMe,
    inboundIgnore: inbound.ignore,
    inboundRaw: inbound.raw,
    history: inbound.history,
    historyMaxAgeMs: keep.messagesMs,
  }
}
