import { randomBytes } from 'node:crypto'
import type { Device } from '../accounts/account.ts'
import { deliver, deliverUnwritten } from '../delivery.ts'
import type { Connection } from '../protocol/connection.ts'
import { SERVER, seconds, stanza } from '../protocol/stanza.ts'
import { tellDevice, type World } from '../world.ts'
import { ON_SOCKET } from './on-sockets.ts'
import { checkFault } from './schema.ts'
import { strikes } from './selection.ts'
import { type Fault, type FaultKind, rowOf } from './table.ts'

type Met = { connection: Connection; device: Device | undefined }

/** Faults of open connections that end by themselves or are healed. */
const LASTING: FaultKind[] = ['silence', 'deaf', 'half-open', 'split']

/**
 * Lets a fault strike what is open, and wait for what comes. Resolves when it is in force, with how many connections it struck (of
 * `devices`: how many devices). Throws a ZodError for a fault that is told what it does not take.
 */
export async function strike(world: World, given: Fault): Promise<number> {
  const fault = checkFault(given)
  const { kind } = fault
  const n = world.faults.next()
  const isStruck = (device: Device | undefined) => strikes(fault, n, device, world.random)
  const linked = [...world.accounts.values()].flatMap(({ devices }) => [...devices.values()]).filter(isStruck)
  if (kind === 'pre-key-low') {
    for (const device of linked) runOutOfKeys(world, device, fault.count ?? 3)
    return linked.length
  }
  const met = [...world.clients].filter(({ device }) => isStruck(device))
  if (kind === 'refuse') await refuse(world, fault, n)
  else if (rowOf(kind).strikes !== 'sockets') world.faults.add(fault, n)
  const onSocket = ON_SOCKET[kind]
  if (!onSocket) return met.length
  for (const { connection } of met) onSocket(connection, fault)
  if (kind === 'removed') for (const device of linked) remove(world, device)
  if (fault.for && LASTING.includes(kind)) world.later(fault.for, () => healSockets(world, met, kind))
  if (fault.for && kind === 'refuse') world.later(fault.for, () => void heal(world, 'refuse'))
  return met.length
}

/** Ends what lasts and what waits, of one kind or all of it. Sockets that are gone stay gone. */
export async function heal(world: World, kind?: FaultKind): Promise<void> {
  world.faults.end(kind)
  healSockets(world, world.clients, kind)
  if (!kind || kind === 'refuse') await world.listener.resume()
}

async function refuse(world: World, fault: Fault, n: number) {
  if (fault.device || fault.account || fault.share !== undefined) world.faults.add(fault, n)
  else if (fault.status) world.listener.refuseWith(fault.status)
  else await world.listener.stop()
}

function healSockets(world: World, clients: Iterable<Met>, kind?: FaultKind) {
  for (const { connection, device } of clients) {
    connection.recover(kind)
    if (device && connection.open) deliverUnwritten(world, connection, device)
  }
}

function remove(world: World, device: Device) {
  device.account.remove(device)
  tellDevice(world, device, 'removed')
}

/** As `handleEncryptNotification` in Baileys reads it: from the server itself, with what is left. */
function runOutOfKeys(world: World, device: Device, count: number) {
  device.preKeys.length = Math.min(device.preKeys.length, count)
  device.claimedPreKeys = count - device.preKeys.length
  const id = randomBytes(8).toString('hex')
  const about = { from: SERVER, type: 'encrypt', id, t: seconds() }
  const node = stanza('notification', about, [stanza('count', { value: count })])
  deliver(world, device, { kind: 'notification', id, from: SERVER, node, peer: false })
}
