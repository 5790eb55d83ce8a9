import { EventEmitter } from 'node:events'
import type { WASocket } from '@whiskeysockets/baileys'
import type { WebSocket } from 'ws'

/** How long a peer may take to answer our close frame. */
const CLOSE_MS = 1000
const REJECTION = Symbol.for('nodejs.rejection')

export interface WireProblems {
  /** A frame could not be decrypted: nothing after it can be either. */
  undecryptable(): void
  /** The upgrade was answered with an HTTP status; Baileys would wait for ever. */
  refused(status: number): void
  /** An async listener of Baileys' own rejected. */
  rejected(event: string, error: unknown): void
}

/** The one place that reaches under Baileys, to the WebSocket and the emitters of a socket. */
export interface Wire {
  /** Keeps what Baileys writes until `durable`, and all that is held for already, resolves; if one rejects, nothing is written any more. */
  hold(durable: Promise<unknown>): void
  /** Nothing leaves or arrives from this very moment on. */
  cut(): void
  /** Fails the queries in flight, which Baileys leaves to their 60 s timers. */
  failQueries(error: Error): void
}

/**
 * Makes a Baileys socket whose async listeners cannot reject into the process: a socket is found by its own emitters, which
 * capture the rejections of their listeners.
 */
export function makeWired(make: () => WASocket, problems: WireProblems): { socket: WASocket; wire: Wire } {
  const socket = capturingRejections(make)
  const { ws } = socket
  const raw = (ws as unknown as { socket: WebSocket }).socket
  const noop = () => {}
  // `ev.on` returns the emitter behind it, which Baileys hides otherwise.
  const emitter = (socket.ev as unknown as EventEmitter).on('connection.update', noop)
  emitter.off('connection.update', noop)
  for (const emits of [ws, emitter]) {
    Object.assign(emits, {
      [REJECTION]: (error: unknown, event: string) =>
        emits === ws && event === 'message' ? problems.undecryptable() : problems.rejected(event, error),
    })
  }
  ws.on('unexpected-response', (request: { destroy(): void }, response: { statusCode?: number }) => {
    problems.refused(response.statusCode ?? 0)
    request.destroy()
  })
  const close = raw.close.bind(raw)
  raw.close = (...args) => {
    const timer = setTimeout(() => raw.terminate(), CLOSE_MS)
    raw.once('close', () => clearTimeout(timer))
    close(...args)
  }
  return {
    socket,
    wire: {
      hold: holdable(raw),
      cut: () => raw.terminate(),
      failQueries: error => {
        ws.emit('error', error)
      },
    },
  }
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

type Send = (data: Uint8Array, done: (error?: Error) => void) => void

/** Frames leave in the order in which they were written: each is encrypted under the next counter. */
function holdable(raw: WebSocket): Wire['hold'] {
  const writer = raw as unknown as { send: Send }
  const send = writer.send.bind(raw)
  let kept: Parameters<Send>[] = []
  let holds = 0
  let failure: Error | null = null
  writer.send = (...frame) => {
    if (failure) frame[1](failure)
    else if (holds > 0) kept.push(frame)
    else send(...frame)
  }
  const release = () => {
    const frames = kept
    kept = []
    for (const frame of frames) writer.send(...frame)
  }
  return durable => {
    holds++
    durable.then(
      () => {
        if (--holds === 0) release()
      },
      (error: Error) => {
        failure ??= error
        release()
      },
    )
  }
}
