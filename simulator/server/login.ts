import type { Device } from '../accounts/account.ts'
import { offerPairing } from '../linking/qr.ts'
import { readRegistration } from '../linking/registration.ts'
import type { Connection } from '../protocol/connection.ts'
import type { ClientFinish } from '../protocol/noise.ts'
import { seconds, stanza } from '../protocol/stanza.ts'
import { tellDevice, type World } from '../world.ts'
import type { Client } from './client.ts'
import { tellDirty } from './dirty.ts'
import { expectPresence } from './presence.ts'

/** Decides who a client is after the handshake: a device to register, a linked device that logs in, or nobody. */
export function admit(world: World, client: Client, { noiseKey, payload }: ClientFinish): void {
  const { connection } = client
  if (payload.devicePairingData) {
    try {
      client.offer = offerPairing(world, connection, readRegistration(noiseKey, payload.devicePairingData))
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
  if (failsLogin(world, connection, device)) return
  const slow = world.faults.take('slow-login', device)
  if (slow) world.later(slow.delay ?? 0, () => enter(world, client, device))
  else enter(world, client, device)
}

/** The device is logged in: who was there before under its credentials is replaced. */
function enter(world: World, client: Client, device: Device) {
  const { connection } = client
  if (!connection.open) return
  if (device.removed) {
    refuse(world, connection, '401')
    return
  }
  if (device.connection?.open)
    world.ledger.replaced.push({ account: device.account.pn, device: device.jid, at: Date.now() })
  device.connection?.replace()
  device.connection = connection
  client.device = device
  device.logins++
  world.counters.logins++
  connection.send(stanza('success', { t: seconds(), props: 27, lid: device.lidJid }))
  expectPresence(world, device)
  tellDirty(device)
  tellDevice(world, device, 'online')
}

/** Lets a login fail if a fault waits for it; true when it ended there. */
function failsLogin(world: World, connection: Connection, device: Device): boolean {
  const failure = world.faults.take('failure', device)
  if (failure) {
    const { status = 503, expire } = failure
    world.counters.refusedLogins++
    connection.end(stanza('failure', { reason: status, expire }))
    return true
  }
  if (!world.faults.take('refuse', device)) return false
  world.counters.refusedLogins++
  connection.reset()
  return true
}

function refuse(world: World, connection: Connection, reason: string) {
  world.counters.refusedLogins++
  connection.end(stanza('failure', { reason }))
}
