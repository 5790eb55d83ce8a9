import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import {
  initAuthCreds,
  makeWASocket,
  type SignalKeyStore,
  type UserFacingSocketConfig,
  type WASocket,
} from '@whiskeysockets/baileys'
import { WebSocketServer } from 'ws'
import { commonSettings } from '../../../src/whatsapp/baileys-settings.ts'

const keys: SignalKeyStore = { get: async () => ({}), set: async () => {} }

/** A socket of Baileys as it is, without a patch of this repository and without credentials. */
export function bareSocket(url: string, more: Partial<UserFacingSocketConfig> = {}): WASocket {
  const settings = commonSettings({ url, inboundFromMe: false, inboundIgnore: [] })
  return makeWASocket({ ...settings, ...more, auth: { creds: initAuthCreds(), keys } })
}

/** A server that takes WebSockets and never says a word; it does not even answer a close frame when it is `deaf`. */
export async function silentServer({ deaf = false } = {}) {
  const server = new WebSocketServer({ port: 0 })
  await once(server, 'listening')
  if (deaf) server.on('connection', (_, { socket }) => void socket.pause())
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      for (const client of server.clients) client.terminate()
      server.close()
    },
  }
}

/** A bare socket whose WebSocket is open. */
export async function openBareSocket(url: string, more: Partial<UserFacingSocketConfig> = {}) {
  const socket = bareSocket(url, more)
  await once(socket.ws, 'open')
  return socket
}
