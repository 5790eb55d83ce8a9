import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import { withdrawOffer } from '../linking/offer.ts'
import { makeServerIdentity } from '../protocol/certificates.ts'
import { Connection } from '../protocol/connection.ts'
import { tellDevice, type World } from '../world.ts'
import type { Client } from './client.ts'
import { dispatch } from './dispatch.ts'
import { admit } from './login.ts'

/** Takes a new socket: from the handshake to its end, all that it says goes to login and dispatch. */
export function acceptClient(world: World, websocket: WebSocket, socket: Socket): void {
  const slow = world.faults.take('slow-handshake')
  if (slow) {
    websocket.pause()
    world.later(slow.delay ?? 0, () => websocket.resume())
  }
  const identity = world.faults.take('wrong-root-key') ? makeServerIdentity() : world.identity
  const connection = new Connection(websocket, socket, identity, {
    authenticated: finish => admit(world, client, finish),
    node: node => dispatch(world, client, node),
    closed: () => forgetClient(world, client),
  })
  const client: Client = { connection, device: undefined, offer: undefined }
  world.counters.connections++
  world.clients.add(client)
}

function forgetClient(world: World, client: Client) {
  const { connection, device, offer } = client
  world.clients.delete(client)
  connection.ready = false
  if (offer) withdrawOffer(offer)
  if (!device || device.connection !== connection) return
  device.connection = undefined
  tellDevice(world, device, 'offline')
}
