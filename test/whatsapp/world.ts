import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuthenticationCreds } from '@whiskeysockets/baileys'
import { pino } from 'pino'
import { Simulator } from '../../simulator/simulator.ts'
import { type Clock, createClock } from '../../src/base/clock.ts'
import { Turns } from '../../src/base/turns.ts'
import type { AccountEvent } from '../../src/messages/account-event.ts'
import type { PasskeyVault, QrVault } from '../../src/ports/qr-vault.ts'
import type { Store, Write } from '../../src/ports/store.ts'
import type {
  AccountHappening,
  ReceivedMessage,
  SendUpdate,
  SocketFact,
  SocketOwner,
  WhatsApp,
  WhatsAppSocket,
} from '../../src/ports/whatsapp.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import type { WhatsAppConfig } from '../../src/whatsapp/baileys-settings.ts'
import { credsJson, credsWrite } from '../../src/whatsapp/keys/creds.ts'
import { createPasskeyVault } from '../../src/whatsapp/linking/passkey/passkey-vault.ts'
import { createQrVault } from '../../src/whatsapp/linking/qr-vault.ts'
import { createWhatsApp } from '../../src/whatsapp/whatsapp.ts'
import { expectSettled } from '../settled.ts'

export const systemClock = createClock()

/** The owner of a session as the product has one: takes facts, and makes messages durable with their inbox row. */
export class Owner implements SocketOwner {
  readonly sessionId: string
  phoneNumber: string | null = null
  readonly streamId: string
  epoch = 1
  readonly facts: SocketFact[] = []
  /** What was new to it, once it is durable; history is not. */
  readonly received_: ReceivedMessage[] = []
  readonly batches: ReceivedMessage[][] = []
  readonly updates: SendUpdate[] = []
  /** Calls, changes of groups and contacts, each once. */
  readonly happened_: AccountEvent[] = []
  socket: WhatsAppSocket | undefined
  /** Another WhatsApp than the world's. */
  via: WhatsApp | undefined
  /** Another store than the world's. */
  on: Store | undefined
  /** Throws instead of taking, when set. */
  refuse: ((fact: SocketFact | ReceivedMessage[]) => void) | undefined
  /** Waits until a status is stored, when set. */
  stored: ((update: SendUpdate) => Promise<void>) | undefined
  readonly #world: { store: Store; whatsApp: WhatsApp; sockets?: Set<WhatsAppSocket> }
  readonly #taken = new Set<string>()
  #seq: number | undefined
  readonly #turns = new Turns()

  constructor(world: { store: Store; whatsApp: WhatsApp; sockets?: Set<WhatsAppSocket> }, sessionId: string) {
    this.#world = world
    this.sessionId = sessionId
    this.streamId = `stream-${sessionId}`
  }

  async create(): Promise<this> {
    const { sessionId, streamId } = this
    await this.#world.store.commit({
      streamId,
      epoch: 1,
      create: { sessionId, userId: 1, at: 1 },
      events: [
        {
          seq: 1,
          at: 1,
          type: 'session.created',
          data: {},
          snapshot: { state: 'starting.connecting', context: '{}', machineVersion: '1' },
        },
      ],
    })
    return this
  }

  report(fact: SocketFact): void {
    this.facts.push(fact)
    this.refuse?.(fact)
  }

  async received(messages: ReceivedMessage[]): Promise<void> {
    this.refuse?.(messages)
    this.batches.push(messages)
    const { stored, fresh } = await this.#turns.take(() => this.#handOver(messages))
    try {
      await stored
    } catch (error) {
      // The product begins anew from its log.
      for (const { dedupeKey } of fresh) this.#taken.delete(dedupeKey)
      this.#seq = undefined
      throw error
    }
    this.received_.push(...fresh)
  }

  async #handOver(messages: ReceivedMessage[]) {
    const store = this.on ?? this.#world.store
    const fresh: ReceivedMessage[] = []
    for (const one of messages) {
      if (one.imported || this.#taken.has(one.dedupeKey)) continue
      this.#taken.add(one.dedupeKey)
      if (!(await store.messages.hasDedupeKey(this.streamId, one.dedupeKey))) fresh.push(one)
    }
    this.#seq ??= (await store.sessions.find(this.sessionId))!.lastSeq
    const write: Write = { streamId: this.streamId, epoch: this.epoch, events: [], messages: [], inbox: [] }
    for (const { dedupeKey, message, secret } of fresh) {
      const seq = ++this.#seq
      const { message_id: messageId, chat_id: chatId } = message
      write.events!.push({
        seq,
        at: seq,
        type: 'message.received',
        data: { messageId, chatId },
        snapshot: null,
      })
      const kept = secret && { secret }
      const insert = { messageId, chatId, dedupeKey, seq, at: seq, content: message, ...kept } as const
      write.messages!.push({ insert: { ...insert, direction: 'in', status: 'received' } })
    }
    for (const { inboxHash } of messages) if (inboxHash) write.inbox!.push({ done: inboxHash })
    const isNews = fresh.length > 0 || write.inbox!.length > 0
    return { fresh, stored: isNews ? store.commit(write) : Promise.resolve() }
  }

  async happened(events: AccountHappening[]): Promise<void> {
    const { store } = this.#world
    const { streamId, epoch } = this
    const { stored } = await this.#turns.take(async () => {
      const known = await Promise.all(events.map(({ key }) => store.accountEvents.find(streamId, key)))
      const fresh = events.filter((_, i) => known[i] === null)
      this.happened_.push(...fresh.map(({ event }) => event))
      this.#seq ??= (await store.sessions.find(this.sessionId))!.lastSeq
      const rows = fresh.map(event => ({ ...event, seq: ++this.#seq!, at: 1 }))
      const facts = rows.map(({ seq }) => ({ seq, at: 1, type: 'x', data: {}, snapshot: null }))
      if (rows.length === 0) return { stored: Promise.resolve() }
      return { stored: store.commit({ streamId, epoch, events: facts, accountEvents: rows }) }
    })
    await stored
  }

  async updated(update: SendUpdate): Promise<void> {
    this.updates.push(update)
    await this.stored?.(update)
  }

  async open(): Promise<WhatsAppSocket> {
    const socket = await (this.via ?? this.#world.whatsApp).open(this, new AbortController().signal)
    this.socket = socket!
    this.#world.sockets?.add(this.socket)
    return this.socket
  }

  /** The newest fact of a type after `from` facts, waited for. */
  async fact<T extends SocketFact['type']>(type: T, from = 0): Promise<Extract<SocketFact, { type: T }>> {
    const { vi } = await import('vitest')
    const find = () => this.facts.slice(from).findLast(fact => fact.type === type)
    await vi.waitFor(() => {
      if (!find()) throw new Error(`no ${type} among ${JSON.stringify(this.facts.slice(from))}`)
    }, WAIT)
    return find() as Extract<SocketFact, { type: T }>
  }

  /** Opens the next socket and waits until the session is open. */
  async opened(): Promise<WhatsAppSocket> {
    const from = this.facts.length
    const socket = await this.open()
    await this.fact('socket.opened', from)
    return socket
  }

  async texts(count: number, timeout = WAIT.timeout): Promise<(string | null)[]> {
    const { vi } = await import('vitest')
    await vi.waitFor(
      () => {
        if (this.received_.length < count) throw new Error(`${this.received_.length} of ${count} messages`)
      },
      { ...WAIT, timeout },
    )
    return this.received_.map(({ message }) => message.body)
  }

  async update(messageId: string, status: SendUpdate['status']): Promise<SendUpdate> {
    const { vi } = await import('vitest')
    const find = () => this.updates.find(known => known.messageId === messageId && known.status === status)
    await vi.waitFor(() => {
      if (!find()) throw new Error(`no ${status} of ${messageId} in ${JSON.stringify(this.updates)}`)
    }, WAIT)
    return find()!
  }

  async unfinished(): Promise<number> {
    return (await this.#world.store.keys.unfinished(this.streamId)).length
  }
}

export const WAIT = { timeout: 20_000, interval: 10 }

export interface World {
  sim: Simulator
  url: string
  rootKey: string
  dataDir: string
  store: Store
  vault: QrVault
  passkeys: PasskeyVault
  whatsApp: WhatsApp
  log: string[]
  sockets: Set<WhatsAppSocket>
  /** Another WhatsApp on the same store, with other settings. */
  another(config: Partial<WhatsAppConfig>, store?: Store, clock?: Clock): WhatsApp
  owner(sessionId: string): Promise<Owner>
  /** An owner whose device is linked without QR. */
  linked(pn: string): Promise<Owner>
  /** Lets another process have the store until `takeBack`. */
  giveAway(): Promise<void>
  takeBack(): Promise<void>
  /** `unsettled`: why something stays without its acknowledgement. */
  close(how?: { unsettled?: string }): Promise<void>
}

/** A simulator, a real store and WhatsApp between them. */
export async function createWorld(
  config: Partial<WhatsAppConfig> = {},
  simulator: ConstructorParameters<typeof Simulator>[0] = {},
  options: Omit<Parameters<typeof openSqliteStore>[0], 'dataDir'> = {},
): Promise<World> {
  const sim = new Simulator(simulator)
  const { url, rootKey } = await sim.listen()
  const dataDir = mkdtempSync(join(tmpdir(), 'whatsapp-'))
  let store = await openSqliteStore({ dataDir, ...options })
  const vault = createQrVault(systemClock)
  const passkeys = createPasskeyVault(systemClock, randomBytes(32))
  const log: string[] = []
  const logger = pino({ level: 'trace' }, { write: line => void log.push(line) })
  const base: WhatsAppConfig = { url, rootKey, inboundFromMe: false, inboundIgnore: ['status', 'newsletter'] }
  const another = (over: Partial<WhatsAppConfig>, on = store, clock = systemClock) =>
    createWhatsApp({
      store: on,
      vault,
      passkeys,
      logger,
      clock,
      config: { ...base, ...config, ...over },
    })
  const world: World = {
    sim,
    url,
    rootKey,
    dataDir,
    store,
    vault,
    passkeys,
    log,
    another,
    whatsApp: another({}),
    sockets: new Set(),
    owner: sessionId => new Owner(world, sessionId).create(),
    async linked(pn) {
      const owner = await world.owner(`s${pn}`)
      const { creds } = await sim.enroll(pn)
      await storeCreds(store, owner, creds)
      return owner
    },
    async giveAway() {
      await Promise.all([...world.sockets].map(socket => socket.end()))
      world.sockets.clear()
      await store.close()
    },
    async takeBack() {
      store = await openSqliteStore({ dataDir, ...options })
      world.store = store
      world.whatsApp = another({})
    },
    async close({ unsettled }: { unsettled?: string } = {}) {
      if (unsettled === undefined) await expectSettled(sim)
      await Promise.all([...world.sockets].map(socket => socket.end()))
      await sim.close()
      assert.deepEqual(sim.ledger.available, [], 'available, and nobody asked for it')
      await store.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
  return world
}

export function storeCreds(store: Store, owner: SocketOwner, creds: AuthenticationCreds): Promise<void> {
  const { streamId, epoch } = owner
  return store.commit({ streamId, epoch, keys: [credsWrite(credsJson(creds), 0)] })
}
