import type { WASocket } from '@whiskeysockets/baileys'
import type { WebSocket } from 'ws'

/** The WebSocket of the `ws` package under a Baileys socket, which Baileys keeps to itself (`WebSocketClient.socket`). */
export function rawWebSocket({ ws }: Pick<WASocket, 'ws'>): WebSocket {
  return (ws as unknown as { socket: WebSocket }).socket
}
