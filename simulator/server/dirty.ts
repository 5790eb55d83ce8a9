import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Device } from '../accounts/account.ts'
import { child, SERVER, seconds, stanza } from '../protocol/stanza.ts'
import type { World } from '../world.ts'

/** Tells a device at its login that what it knows of its account is old; it fetches it anew and says so with `<clean>`. */
export function tellDirty(device: Device): void {
  const timestamp = String(seconds())
  device.dirty.set('account_sync', timestamp)
  device.connection?.send(
    stanza('ib', { from: SERVER }, [stanza('dirty', { type: 'account_sync', timestamp })]),
  )
}

/** Takes `<clean>`; what names another timestamp than the device was told is wrong, and cleans nothing. */
export function takeClean(world: World, device: Device, iq: BinaryNode): void {
  const { type = '', timestamp } = child(iq, 'clean')?.attrs ?? {}
  const due = device.dirty.get(type)
  if (due === undefined || due === timestamp) device.dirty.delete(type)
  else
    world.ledger.wrong.push({
      tag: 'clean',
      attrs: { type, timestamp: timestamp ?? '' },
      why: `not ${due}`,
      at: Date.now(),
    })
}
