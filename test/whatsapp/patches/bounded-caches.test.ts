import { MessageRetryManager } from '@whiskeysockets/baileys'
import { LRUCache } from 'lru-cache'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { createBaileysCaches, reserveNothing } from '../../../src/whatsapp/patches/bounded-caches.ts'
import { openBareSocket, silentServer } from './bare-socket.ts'

describe("Baileys' caches", () => {
  it('are shared by the sockets of one session and never by two sessions', async () => {
    const cachesOf = createBaileysCaches()
    const [a, again, b] = [cachesOf('a'), cachesOf('a'), cachesOf('b')].map(
      ({ userDevicesCache }) => userDevicesCache,
    )
    await a!.set('34600', ['1'])
    expect(await a!.get('34600')).toEqual(['1'])
    expect(await again!.get('34600')).toEqual(['1'])
    expect(await b!.get('34600')).toBeUndefined()
    await b!.flushAll()
    expect(await a!.get('34600')).toEqual(['1'])
    await a!.flushAll()
    expect(await a!.get('34600')).toBeUndefined()
  })

  it('forget what is deleted and keep falsy values', async () => {
    const { msgRetryCounterCache: cache } = createBaileysCaches()('a')
    await cache.set('x', 0)
    expect(await cache.get('x')).toBe(0)
    await cache.del('x')
    expect(await cache.get('x')).toBeUndefined()
  })
})

it('are needed: those that a socket of Baileys makes for itself have no bound', async () => {
  const server = await silentServer()
  const socket = await openBareSocket(server.url)
  const { options } = socket.userDevicesCache as unknown as { options: { maxKeys: number } }
  expect(options.maxKeys, 'upstream mended it: drop bounded-caches.ts').toBe(-1)
  await socket.end(undefined)
  server.close()
})

describe("Baileys' memory of retries", () => {
  const MESSAGES = 512
  const CACHES = ['recentMessagesMap', 'baseKeys', 'messageKeyIndex']
  const made = () => {
    const manager = new MessageRetryManager(pino({ level: 'silent' }), 5)
    const [recent, keys, index] = CACHES.map(name => () => Reflect.get(manager, name))
    const reserved = () =>
      [recent!(), keys!()].map(
        cache => LRUCache.unsafeExposeInternals(cache as LRUCache<string, object>).keyList.length,
      )
    return { manager, reserved, indexed: () => (index!() as Map<string, string>).size }
  }

  it('has room for what is in it, within its bounds', () => {
    const { manager, reserved, indexed } = made()
    reserveNothing({ messageRetryManager: manager })
    expect(reserved()).toEqual([0, 0])
    for (let i = 0; i <= MESSAGES; i++) manager.addRecentMessage('a', `${i}`, { conversation: 'x' })
    expect(manager.getRecentMessage('a', '0')).toBeUndefined()
    expect(manager.getRecentMessage('a', '1')?.message).toEqual({ conversation: 'x' })
    expect(indexed()).toBe(MESSAGES)
    manager.clear()
  })

  it('is needed: it reserves room for all that may come', () => {
    expect(made().reserved(), 'upstream mended it: drop reserveNothing').toEqual([MESSAGES, 1024])
  })
})
