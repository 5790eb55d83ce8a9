import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe } from 'vitest'
import type { Store } from '../../src/ports/store.ts'
import { accountEventsContract } from './contract-account-events.ts'
import { chatTimersContract } from './contract-chat-timers.ts'
import { chatsContract } from './contract-chats.ts'
import { committedContract } from './contract-committed.ts'
import { deliveriesContract } from './contract-deliveries.ts'
import { keysContract } from './contract-keys.ts'
import { mediaContract } from './contract-media.ts'
import { messagesContract } from './contract-messages.ts'
import { peopleContract } from './contract-people.ts'
import { pruningContract } from './contract-pruning.ts'
import { receiptsContract } from './contract-receipts.ts'
import { sessionsContract } from './contract-sessions.ts'
import { writesContract } from './contract-writes.ts'

/** The store of a test, and the same directory opened anew. */
export interface Subject {
  store: Store
  reopen(): Promise<void>
}

/**
 * What every adapter of port Store must do; `open` opens the store of a directory that may hold one already, and `clean` removes what of
 * it stands elsewhere.
 */
export function storeContract(
  name: string,
  open: (dir: string) => Promise<Store>,
  clean: (dir: string) => Promise<void> = async () => {},
): void {
  describe(name, () => {
    let dir: string
    const subject = {} as Subject
    beforeEach(async () => {
      dir = mkdtempSync(join(tmpdir(), 'store-'))
      subject.store = await open(dir)
      subject.reopen = async () => {
        await subject.store.close()
        subject.store = await open(dir)
      }
    })
    afterEach(async () => {
      await subject.store.close()
      await clean(dir)
      rmSync(dir, { recursive: true })
    })
    describe('writes', () => writesContract(subject))
    describe('sessions and log', () => sessionsContract(subject))
    describe('facts of all sessions', () => committedContract(subject))
    describe('keys and inbox', () => keysContract(subject))
    describe('messages', () => messagesContract(subject))
    describe('people', () => peopleContract(subject))
    describe('timers of chats', () => chatTimersContract(subject))
    describe('chats and logs backwards', () => chatsContract(subject))
    describe('deliveries', () => deliveriesContract(subject))
    describe('statuses of sends', () => receiptsContract(subject))
    describe('events of accounts', () => accountEventsContract(subject))
    describe('media and retention', () => mediaContract(subject))
    describe('what is too old', () => pruningContract(subject))
  })
}
