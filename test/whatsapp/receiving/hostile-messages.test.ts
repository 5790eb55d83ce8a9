import type { WAMessage } from '@whiskeysockets/baileys'
import { expect, it } from 'vitest'
import { completeMessage, type ReceivedContent, wholeMessage } from '../../../src/messages/received.ts'
import { timerIn } from '../../../src/whatsapp/disappearing/timers-in.ts'
import { messageSecretOf } from '../../../src/whatsapp/message-secret.ts'
import { decodeMessage } from '../../../src/whatsapp/protobuf/decode-message.ts'
import { resentMessagesIn } from '../../../src/whatsapp/receiving/resent-messages.ts'
import {
  type TranslationContext,
  toReceivedMessage,
} from '../../../src/whatsapp/receiving/to-received-message.ts'
import { message } from '../../hostile/protobufs.ts'
import { pick, type Random, seeded, text } from '../../hostile/random.ts'
import { textsIn } from '../../hostile/texts.ts'

/** HOSTILE_SEED repeats a run; HOSTILE_TIMES makes it that much longer. */
const SEED = Number(process.env.HOSTILE_SEED ?? 1)
const COUNT = 2_000 * Number(process.env.HOSTILE_TIMES ?? 1)
const IDS = Array.from({ length: 20 }, (_, i) => `3EB0HOSTILE${i}`)
const CHATS = [
  '34600@s.whatsapp.net',
  '998@lid',
  '120363@g.us',
  '1@newsletter',
  'status@broadcast',
  '1@broadcast',
]

/** What was received before, under whose secrets later ones are sealed. */
function contextOver(before: Map<string, { content: ReceivedContent; secret: Uint8Array | null }>) {
  const context: TranslationContext = {
    me: { id: '111:5@s.whatsapp.net', lid: '555:5@lid' },
    inboundFromMe: true,
    inboundIgnore: [],
    inboundRaw: 'all',
    foreignMediaHost: false,
    personOf: async () => null,
    originals: async id => [before.get(id)].filter(one => one !== undefined),
    subjectOf: () => null,
    now: () => Date.UTC(2026, 0, 1),
  }
  return context
}

function received(random: Random, decoded: WAMessage['message']): WAMessage {
  const odd = random() < 0.2
  return {
    key: {
      remoteJid: odd ? text(random) : pick(random, CHATS),
      participant: odd ? text(random) : '34611@s.whatsapp.net',
      fromMe: random() < 0.1,
      id: pick(random, IDS),
    },
    message: decoded,
    messageTimestamp: pick(random, [1_790_000_000, 0, -1, Number.NaN, 1e18]),
    pushName: text(random),
  }
}

it(`${COUNT} messages that no client should write are read, each to what Laravel can take (seed ${SEED})`, async () => {
  const random = seeded(SEED)
  const before = new Map<string, { content: ReceivedContent; secret: Uint8Array | null }>()
  const context = contextOver(before)
  const types = new Map<string, number>()
  const complaints: string[] = []
  let [undecoded, slowest] = [0, 0]
  for (let i = 0; i < COUNT; i++) {
    const bytes = message(random, IDS)
    let decoded: WAMessage['message']
    try {
      decoded = decodeMessage(bytes)
    } catch {
      undecoded++
      continue
    }
    const began = performance.now()
    const given = received(random, decoded)
    try {
      await timerIn(given, CHATS[0]!, async () => null)
      for (const one of [given, ...resentMessagesIn(given)]) {
        const translated = await toReceivedMessage(one, false, context)
        if ('ignored' in translated) continue
        const told = JSON.parse(JSON.stringify(wholeMessage.parse(completeMessage(translated.message))))
        types.set(told.type, (types.get(told.type) ?? 0) + 1)
        before.set(told.message_id, { content: translated.message, secret: messageSecretOf(one) ?? null })
        // PHP's json_decode takes no half of a pair of surrogates, and nothing nested deeper than 512.
        if (textsIn(told).some(words => !words.isWellFormed()))
          complaints.push(`${i}: no Unicode in a ${told.type}`)
        if (/[/\\\u202e\0]|^\.\.?$/.test(told.media?.filename ?? ''))
          complaints.push(`${i}: ${told.media.filename}`)
        if (depthOf(told) > 100) complaints.push(`${i}: too deep`)
      }
    } catch (error) {
      complaints.push(`${i}: ${(error as Error).stack?.slice(0, 500)}`)
    }
    slowest = Math.max(slowest, performance.now() - began)
  }
  expect(complaints.slice(0, 5)).toEqual([])
  expect(undecoded).toBeLessThan(COUNT / 2)
  expect(types.size).toBeGreaterThan(15)
  expect(slowest).toBeLessThan(1_000)
}, 60_000)

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0
