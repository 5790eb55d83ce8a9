import type { proto } from '@whiskeysockets/baileys'
import type { ReceivedExtras } from '../../messages/received.ts'

/** proto.ContextInfo.ExternalAdReplyInfo.MediaType */
const MEDIA_TYPES: Record<number, string> = { 1: 'image', 2: 'video' }

/**
 * The advertisement or post that led a person here, under the Cloud API's names; null if there is none. Other ways into a chat (a
 * search, a contact card) say where they began, too, and are no advertisement.
 */
export function referralIn(context: proto.IContextInfo): ReceivedExtras['referral'] {
  const ad = context.externalAdReply
  const entryPoint = context.entryPointConversionSource || context.conversionSource || null
  const cameByAd =
    context.ctwaSignals || context.ctwaPayload?.length || context.conversionSource || isAd(entryPoint)
  if (!ad && !cameByAd) return null
  return {
    source_url: ad?.sourceUrl || null,
    source_id: ad?.sourceId || null,
    source_type: ad?.sourceType || null,
    headline: ad?.title || null,
    body: ad?.body || null,
    media_type: MEDIA_TYPES[ad?.mediaType ?? 0] ?? null,
    ctwa_clid: ad?.ctwaClid || null,
    entry_point: entryPoint,
  }
}

const isAd = (entryPoint: string | null) =>
  entryPoint !== null && /(?:^|_)(?:ctwa|ads?)(?:_|$)/i.test(entryPoint)
