import type { Clock } from '../base/clock.ts'
import type { LaravelClient } from '../laravel/client.ts'
import type { OwnerTable } from '../ports/cluster/owner-table.ts'
import type { Store } from '../ports/store.ts'
import type { WhatsApp } from '../ports/whatsapp.ts'

/** What tests replace. */
export interface Overrides {
  clock?: Clock
  /** How long a QR lives, in ms; WhatsApp's own 60 s and 20 s otherwise. */
  qrTimeoutMs?: number
  keepAliveMs?: number
  /** Upper limit of the store's file in pages of 4 KiB: a disk that is full. */
  maxPages?: number
  /** Stand between the parts and a port, to fail or to die at a named moment. */
  store?(store: Store): Store
  whatsapp?(whatsapp: WhatsApp): WhatsApp
  laravel?(laravel: LaravelClient): LaravelClient
  owners?(table: OwnerTable): OwnerTable
}

export interface App {
  /** The address that requests reach. */
  readonly url: string
  /** Resolves with a sentence if nothing can be done here any more: the process must end, and whatever supervises it does better. */
  readonly dead: Promise<string>
  /** Stops accepting, lets requests in flight finish, ends every socket without logging out, parks deliveries, closes the store. */
  stop(): Promise<void>
}
