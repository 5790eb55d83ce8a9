import type { BinaryNode } from '@whiskeysockets/baileys'
import { jidDecode } from '@whiskeysockets/baileys'
import type { Device } from '../accounts/account.ts'
import { deliver } from '../delivery.ts'
import type { Connection } from '../protocol/connection.ts'
import { child, children, seconds, stanza } from '../protocol/stanza.ts'
import type { World } from '../world.ts'
import type { Call } from './call.ts'

/**
 * Takes `<ack class="call">`: it must name the kind of what it acknowledges in `type`. An offer that was not offline is kept until
 * the caller, too, was told by a receipt that it rings.
 */
export function takeCallAck(world: World, device: Device, ack: BinaryNode): void {
  const { id, to, type } = ack.attrs
  const from = world.accounts.resolve(to)?.account.pn
  const kept = id && from ? device.mailbox.find('call', id, from) : undefined
  if (!kept) return
  const about = children(kept.node)[0]!
  if (type !== about.tag || to !== kept.node.attrs.from) {
    world.ledger.wrong.push({
      tag: 'ack',
      attrs: ack.attrs,
      why: `it is for a call's ${about.tag}`,
      at: Date.now(),
    })
    return
  }
  kept.acked = true
  const call = world.calls.get(about.attrs['call-id'] ?? '')
  if (about.tag === 'offer' && !kept.offline && call && !call.ringsOn.has(device.jid)) return
  device.mailbox.take('call', id!, from!)
}

/** Takes `<receipt><offer/></receipt>`: the caller hears it ring. False for any other receipt. */
export function takeCallReceipt(world: World, device: Device, receipt: BinaryNode): boolean {
  const offer = child(receipt, 'offer')
  if (!offer) return false
  const { id, to } = receipt.attrs
  const call = world.calls.get(offer.attrs['call-id'] ?? '')
  const kept = call && id ? device.mailbox.find('call', id, call.caller.pn) : undefined
  if (!kept || to !== kept.node.attrs.from || offer.attrs['call-creator'] !== call!.creator) {
    world.ledger.wrong.push({ tag: 'receipt', attrs: receipt.attrs, why: 'no such offer', at: Date.now() })
    return true
  }
  call!.ringsOn.add(device.jid)
  if (kept.acked) device.mailbox.take('call', id!, call!.caller.pn)
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
