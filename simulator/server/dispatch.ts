import type { BinaryNode } from '@whiskeysockets/baileys'
import { takeCall } from '../calls/answers.ts'
import { takePairingAnswer } from '../linking/link.ts'
import { type PairingOffer, takeOfferAck } from '../linking/offer.ts'
import { takePairingCodeIq } from '../linking/pairing-code.ts'
import { children, result, SERVER, stanza } from '../protocol/stanza.ts'
import type { World } from '../world.ts'
import type { Client } from './client.ts'
import { takeMessage } from './messages.ts'
import { takeInfo } from './offline-batches.ts'
import { takePresence } from './presence.ts'
import { answerQuery } from './queries.ts'
import { takeAck, takeReceipt } from './receipts.ts'

/**
 * Takes one node from a client to whoever knows it; what nobody knows, or cannot read, is recorded as unanswered. A stream that
 * another one of its device has replaced is not heard any more.
 */
export function dispatch(world: World, client: Client, node: BinaryNode): void {
  const { connection } = client
  if (connection.replaced) {
    connection.reset()
    return
  }
  try {
    if (handle(world, client, node)) return
    if (node.tag === 'iq') connection.send(result(node))
  } catch {
    const error = stanza('error', { code: 400, text: 'bad-request' })
    if (node.tag === 'iq')
      connection.send(stanza('iq', { from: SERVER, type: 'error', id: node.attrs.id }, [error]))
  }
  const { tag, attrs } = node
  world.ledger.unanswered.push({ tag, attrs, children: children(node).map(part => part.tag), at: Date.now() })
  world.events.emit('unanswered', { tag, attrs })
}

function handle(world: World, { connection, device, offer }: Client, node: BinaryNode): boolean {
  if (node.tag === 'ib') {
    if (device) takeInfo(world, connection, device, node)
    return true
  }
  if (node.tag === 'iq') {
    // An iq result answers us: to pair-success it carries the device's signature, to anything else it says nothing more.
    if (node.attrs.type === 'result' || node.attrs.type === 'error') {
      takePairingAnswer(offer, node)
      return true
    }
    if (!device) return takeUnlinkedIq(world, connection, offer, node)
    world.counters.queries++
    return answerQuery(world, connection, device, node)
  }
  if (!device) return offer !== undefined && takeFromUnlinked(offer, node)
  if (node.tag === 'presence' || node.tag === 'chatstate') return takePresence(world, device, node)
  if (node.tag === 'message') takeMessage(world, connection, device, node)
  else if (node.tag === 'receipt') takeReceipt(world, device, node)
  else if (node.tag === 'call') takeCall(world, connection, device, node)
  else return node.tag === 'ack' && takeAck(world, device, node)
  return true
}

/** A socket that waits to be linked keeps its connection alive, and links by a code or a passkey. */
function takeUnlinkedIq(
  world: World,
  connection: Client['connection'],
  offer: PairingOffer | undefined,
  iq: BinaryNode,
): boolean {
  if (iq.attrs.xmlns === 'w:p') {
    connection.send(result(iq))
    return true
  }
  return takePairingCodeIq(world, offer, iq) || offer?.passkey?.takeIq(iq) === true
}

/** What a socket may say that is not linked yet: it acks notifications, and Baileys announces a name it does not have. */
const takeFromUnlinked = (offer: PairingOffer, node: BinaryNode) =>
  node.tag === 'presence' || (node.tag === 'ack' && takeOfferAck(offer, node))
