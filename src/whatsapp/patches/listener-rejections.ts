/**
 * Baileys 7.0.0-rc14. Upstream: WhiskeySockets/Baileys issue 769 is about one case of it, none about the whole.
 *
 * Baileys' emitters have async listeners that nobody awaits: one that rejects ends the process, with all its sessions, and a frame
 * that cannot be decrypted leaves its socket open. Here the emitters of the socket that `make` makes capture those rejections.
 *
 * It can go when Baileys catches what its own listeners throw: test/whatsapp/patches/listener-rejections.test.ts then fails.
 * Applied in src/whatsapp/socket/baileys-socket.ts.
 */

import { EventEmitter } from 'node:events'
import type { WASocket } from '@whiskeysockets/baileys'

const REJECTION = Symbol.for('nodejs.rejection')

export interface RejectionHandlers {
  /** A frame could not be decrypted: nothing after it can be either. */
  undecryptable(): void
  /** An async listener of Baileys' own rejected. */
  rejected(event: string, error: unknown): void
}

/** Makes a socket whose listeners may reject: `handlers` is told, the process lives on. */
export function captureListenerRejections(make: () => WASocket, handlers: RejectionHandlers): WASocket {
  const socket = capturingRejections(make)
  const { ws } = socket
  const noop = () => {}
  // `ev.on` returns the emitter behind it, which Baileys hides otherwise.
  const emitter = (socket.ev as unknown as EventEmitter).on('connection.update', noop)
  emitter.off('connection.update', noop)
  for (const emits of [ws, emitter]) {
    Object.assign(emits, {
      [REJECTION]: (error: unknown, event: string) =>
        emits === ws && event === 'message' ? handlers.undecryptable() : handlers.rejected(event, error),
    })
  }
  return socket
}

function capturingRejections<T>(make: () => T): T {
  const before = EventEmitter.captureRejections
  EventEmitter.captureRejections = true
  try {
    return make()
  } finally {
    EventEmitter.captureRejections = before
  }
}
