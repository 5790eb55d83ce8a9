import { randomBytes } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import { proto } from '@whiskeysockets/baileys'
import type { Device } from './accounts.ts'
import { sendPeerMessage } from './peer.ts'
import type { World } from './world.ts'

/**
 * Sends what a phone sends a new companion: an app state key and two empty history parts. Without them Baileys holds all events
 * for 20 s after its first login, and 120 s without the RECENT part.
 */
export async function sendHistory(world: World, device: Device): Promise<void> {
  device.historySent = true
  const { Type } = proto.Message.ProtocolMessage
  const { HistorySyncType } = proto.HistorySync
  const keyShare = {
    keys: [
      {
        keyId: { keyId: Buffer.from([0, 0, 0, 0, 0, 1]) },
        keyData: {
          keyData: randomBytes(32),
          fingerprint: {
            rawId: device.account.signal.registrationId,
            currentIndex: 0,
            deviceIndexes: [0, device.id],
          },
          timestamp: Date.now(),
        },
      },
    ],
  }
  await sendPeerMessage(world, device, {
    type: Type.APP_STATE_SYNC_KEY_SHARE,
    appStateSyncKeyShare: keyShare,
  })
  for (const syncType of [HistorySyncType.INITIAL_BOOTSTRAP, HistorySyncType.RECENT]) {
    const payload = deflateSync(
      proto.HistorySync.encode({ syncType, conversations: [], progress: 100 }).finish(),
    )
    await sendPeerMessage(world, device, {
      type: Type.HISTORY_SYNC_NOTIFICATION,
      historySyncNotification: {
        syncType,
        initialHistBootstrapInlinePayload: payload,
        chunkOrder: 1,
        progress: 100,
      },
    })
  }
}
