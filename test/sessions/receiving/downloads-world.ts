import { setImmediate } from 'node:timers/promises'
import { pino } from 'pino'
import { GatewayError } from '../../../src/base/errors.ts'
import type { MediaSource, MessageRef } from '../../../src/messages/message-ref.ts'
import type { ReceivedContent } from '../../../src/messages/received.ts'
import type { Write } from '../../../src/ports/store.ts'
import { Downloads } from '../../../src/sessions/receiving/downloads.ts'
import { createTestClock } from '../../base/clock.ts'
import { MemoryStore } from '../memory-store.ts'

export const MB = 1024 * 1024
export const HOUR = 3_600_000
export const idOf = (n: number) => n.toString(16).padStart(64, '0')
export const gone = () => new GatewayError('MEDIA_GONE', 'WhatsApp has this file no more (HTTP 404).')
export const unreachable = () => new GatewayError('MEDIA_UNREACHABLE', 'HTTP 500.', { retryable: true })
export const corrupt = () => new GatewayError('MEDIA_CORRUPT', 'The file is not the one that was sent.')

export function message(seq: number): ReceivedContent {
  return {
    message_id: `M${seq}`,
    from: '34600',
    from_lid: null,
    from_me: false,
    chat_id: '1@g.us',
    participant: '34600@s.whatsapp.net',
    is_group: true,
    subject: null,
    push_name: null,
    type: 'image',
    body: null,
    caption: null,
    media: { id: idOf(seq), mimetype: 'image/png', filename: null, size: 10, seconds: null },
    reply_to: null,
    timestamp: '2026-01-01T00:00:00.000Z',
    offline: false,
  }
}

export function source(seq: number, over: Partial<MediaSource> = {}): MediaSource {
  return {
    id: idOf(seq),
    kind: 'image',
    directPath: `/file${seq}`,
    host: null,
    mediaKey: 'c2VjcmV0IGtleQ==',
    encryptedId: idOf(seq),
    size: 10,
    ...over,
  }
}

/** The downloader over a real store; what the wire and the disk do is the test's. */
export function createWorld() {
  const clock = createTestClock()
  const disk = new MemoryStore(clock.now)
  const logs: string[] = []
  const asked: string[] = []
  const reuploads: MessageRef[] = []
  const wokenLanes: string[] = []
  const kept = new Set<string>()
  const limits: number[] = []
  const world = {
    clock,
    disk,
    logs,
    asked,
    reuploads,
    wokenLanes,
    kept,
    limits,
    fetch: async (_: MediaSource, __: AbortSignal): Promise<void> => {},
    reupload: async (given: MediaSource): Promise<MediaSource> => ({ ...given, directPath: '/again' }),
    connected: true,
    full: false,
    running: 0,
    most: 0,
    downloads: null as unknown as Downloads,
    boot() {
      world.downloads = new Downloads({
        maxBytes: 100 * 1024 * 1024,
        store: disk.store,
        whatsapp: {
          async *download(given, signal) {
            asked.push(given.directPath)
            world.most = Math.max(world.most, ++world.running)
            try {
              await world.fetch(given, signal)
              yield Buffer.from(given.id)
            } finally {
              world.running--
            }
          },
        },
        files: {
          async put(stream, { maxBytes }) {
            limits.push(maxBytes)
            let id = ''
            for await (const chunk of stream) id += Buffer.from(chunk).toString()
            if (world.full) throw new GatewayError('MEDIA_STORE_FAILED', 'There is no room (ENOSPC)')
            kept.add(id)
            return { id, size: 10, path: '' }
          },
        },
        chatsOf: () =>
          world.connected
            ? {
                async reupload(ref, given) {
                  reuploads.push(ref)
                  return world.reupload(given)
                },
              }
            : null,
        onSettled: lane => void wokenLanes.push(lane),
        clock,
        logger: pino({ level: 'trace' }, { write: (line: string) => void logs.push(line) }),
      })
      world.downloads.startDue()
    },
    async session(id = 's1') {
      await disk.store.commit({
        streamId: id,
        epoch: 1,
        create: { sessionId: id, userId: 1, at: clock.now() },
        events: [
          {
            seq: 1,
            at: clock.now(),
            type: 'session.created',
            data: {},
            snapshot: { state: 'starting.connecting', context: '{}', machineVersion: '1' },
          },
        ],
      })
    },
    async receive(seq: number, given = source(seq), id = 's1') {
      const write: Write = {
        streamId: id,
        epoch: 1,
        events: [{ seq, at: clock.now(), type: 'message.received', data: {}, snapshot: null }],
        messages: [
          {
            insert: {
              messageId: `M${seq}`,
              chatId: '1@g.us',
              direction: 'in',
              dedupeKey: `1@g.us|34600|0|M${seq}`,
              content: message(seq),
              status: 'received',
              seq,
              at: clock.now(),
            },
          },
        ],
        downloads: [{ seq, source: given, at: clock.now() }],
        deliveries: [
          {
            webhookId: `${id}.${seq}.messages`,
            kind: 'messages',
            lane: `${id}|1@g.us`,
            sessionId: id,
            seq,
            at: clock.now(),
            payload: null,
          },
        ],
      }
      await disk.store.commit(write)
      world.downloads.startDue()
    },
    async settle() {
      for (let i = 0; i < 10; i++) await setImmediate()
    },
    /** How the file of the oldest delivery stands. */
    state: (id = 's1') => disk.stored.deliveries.head(`${id}|1@g.us`)?.download,
  }
  return world
}
