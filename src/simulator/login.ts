import { randomBytes } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import { proto } from '@whiskeysockets/baileys'
import type { Device } from './accounts.ts'
import type { Connection } from './connection.ts'
import { keep } from './delivery.ts'
import type { ClientFinish } from './noise.ts'
import { offerPairing, readRegistration } from './pairing.ts'
import { seconds, stanza } from './stanza.ts'
import { tellDevice, type World } from './world.ts'

/** Decides who a client is after the handshake: a device to register, a linked device that logs in, or nobody. */
export function admit(world: World, connection: Connection, { noiseKey, payload }: ClientFinish): void {
  if (payload.devicePairingData) {
    try {
      offerPairing(world, connection, readRegistration(noiseKey, payload.devicePairingData))
    } catch {
      refuse(world, connection, '400')
    }
    return
  }
  const account = world.accounts.get(String(payload.username ?? ''))
  const device = account?.devices.get(payload.device ?? 0)
  if (!device?.registration.noiseKey.equals(noiseKey)) {
    refuse(world, connection, '401')
    return
  }
  if (world.faults.meetLogin(connection, device)) {
    world.counters.refusedLogins++
    return
  }
  device.connection?.endWithStreamError(undefined, 'replaced')
  device.connection = connection
  connection.device = device
  device.logins++
  world.counters.logins++
  connection.send(stanza('success', { t: seconds(), props: 27, lid: device.lidJid }))
  tellDevice(world, device, 'online')
}

function refuse(world: World, connection: Connection, reason: string) {
  world.counters.refusedLogins++
  connection.end(stanza('failure', { reason }))
}

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

async function sendPeerMessage(
  world: World,
  device: Device,
  protocolMessage: proto.Message.IProtocolMessage,
) {
  const { account } = device
  const { type, ciphertext } = await account.signal.encrypt(device.lidJid, { protocolMessage }, () =>
    device.takeBundle(),
  )
  const id = `3EB0${randomBytes(8).toString('hex').toUpperCase()}`
  const node = stanza(
    'message',
    { from: account.jid, category: 'peer', type: 'text', id, t: seconds(), notify: account.name },
    [stanza('enc', { v: 2, type }, ciphertext)],
  )
  keep(world, device, { kind: 'message', id, from: account.pn, node, peer: true })
}
