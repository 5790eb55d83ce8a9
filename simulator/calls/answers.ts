import type { BinaryNode } from '@whiskeysockets/baileys'
import { jidDecode } from '@whiskeysockets/baileys'
import type { Device } from '../accounts/account.ts'
import { acknowledge, deliver } from '../delivery.ts'
import type { Connection } from '../protocol/connection.ts'
import { child, children, seconds, stanza } from '../protocol/stanza.ts'
import type { World } from '../world.ts'
import type { Call } from './call.ts'

/** Takes `<receipt><offer/></receipt>`: the caller hears it ring. False for any other receipt. */
export function takeCallReceipt(world: World, device: Device, receipt: BinaryNode): boolean {
  const offer = child(receipt, 'offer')
  if (!offer) return false
  const call = world.calls.get(offer.attrs['call-id'] ?? '')
  const known = call !== undefined && offer.attrs['call-creator'] === call.creator
  if (known && acknowledge(world, device, 'call', receipt.attrs.id ?? '', receipt))
    call.ringsOn.add(device.jid)
  else world.ledger.wrong.push({ tag: 'receipt', attrs: receipt.attrs, why: 'no such offer', at: Date.now() })
  return true
}

/** Takes a `<call>` of a device: it is acknowledged, and a reject that names the call as its offer did ends the ringing. */
export function takeCall(world: World, connection: Connection, device: Device, node: BinaryNode): void {
  const { id, to } = node.attrs
  const about = children(node)[0]
  connection.send(stanza('ack', { class: 'call', id, from: to, type: about?.tag }))
  const call = world.calls.get(about?.attrs['call-id'] ?? '')
  const why = faultOf(device, node, about, call)
  if (why !== null) {
    world.ledger.wrong.push({ tag: 'call', attrs: node.attrs, why, at: Date.now() })
    return
  }
  const { creator, caller } = call!
  const answer = stanza('receipt', { from: to, id, t: seconds() }, [
    stanza('reject', { 'call-id': call!.id, 'call-creator': creator }),
  ])
  deliver(world, device, { kind: 'receipt', id: id!, from: caller.pn, node: answer, peer: false })
  call!.end('rejected_elsewhere', device)
}

function faultOf(device: Device, node: BinaryNode, about: BinaryNode | undefined, call: Call | undefined) {
  const { from, to } = node.attrs
  if (about?.tag !== 'reject') return 'a companion may only reject'
  if (!call) return 'no such call'
  if (about.attrs['call-creator'] !== call.creator) return 'not the creator of the offer'
  if (about.attrs.count !== '0') return 'no count'
  if (to !== bare(call.creator)) return 'not to the caller'
  const { account } = device
  if (from !== (call.isByLid ? account.lidJid : account.jid)) return 'not from the own address of that family'
  return null
}

function bare(jid: string): string {
  const { user, server } = jidDecode(jid)!
  return `${user}@${server}`
}
