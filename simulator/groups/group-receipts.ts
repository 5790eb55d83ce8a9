import type { Account, Device } from '../accounts/account.ts'
import { namesInReceipt } from '../accounts/names.ts'
import { deliver } from '../delivery.ts'
import { seconds, stanza } from '../protocol/stanza.ts'
import type { World } from '../world.ts'
import type { Group } from './group.ts'

/** Members who have one thing to say of one message. */
type Collected = Map<Account, number>

const waiting = new WeakMap<Device, Map<string, Collected>>()

/**
 * Delivers a member's receipt for a message in a group to the device that sent it. Those of several members that come about together
 * are one stanza without `participant`: `<participants key=message><user jid t/>…`.
 */
export function deliverGroupReceipt(
  world: World,
  device: Device,
  group: Group,
  member: Account,
  { id, type }: { id: string; type: string | undefined },
): void {
  const ofDevice = waiting.get(device) ?? new Map<string, Collected>()
  waiting.set(device, ofDevice)
  const key = `${group.jid}|${id}|${type}`
  const known = ofDevice.get(key)
  if (known) {
    known.set(member, Date.now())
    return
  }
  const members: Collected = new Map([[member, Date.now()]])
  ofDevice.set(key, members)
  const write = () => {
    ofDevice.delete(key)
    const about = { kind: 'receipt', from: group.jid, group: group.jid, peer: false } as const
    const [[first] = [member]] = members
    const attributes = { from: group.jid, id, type, t: seconds() }
    if (members.size === 1) {
      const by = { from: group.jid, participant: group.addressOf(first) }
      const node = stanza('receipt', { ...attributes, ...by, ...namesInReceipt(first, by) })
      deliver(world, device, { ...about, id, node })
      return
    }
    const users = [...members].map(([one, at]) =>
      stanza('user', { jid: group.addressOf(one), t: seconds(at) }),
    )
    const node = stanza('receipt', attributes, [stanza('participants', { key: id }, users)])
    deliver(world, device, { ...about, id, node })
  }
  if (world.options.groupedReceipts) world.later(world.options.receiptDelayMs, write)
  else write()
}
