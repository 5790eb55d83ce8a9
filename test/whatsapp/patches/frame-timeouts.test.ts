import { EventEmitter, once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { WASocket } from '@whiskeysockets/baileys'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { limitLogin, withoutFrameTimeouts } from '../../../src/whatsapp/patches/frame-timeouts.ts'
import { rawWebSocket } from '../../../src/whatsapp/raw-websocket.ts'
import { toDisconnect } from '../../../src/whatsapp/socket/disconnect-error.ts'
import { bareSocket, openBareSocket, silentServer } from './bare-socket.ts'

let silent: Awaited<ReturnType<typeof silentServer>>
const accepted: Socket[] = []
const neverUpgrades = createServer(socket => void accepted.push(socket))
let deafUrl = ''
beforeAll(async () => {
  silent = await silentServer()
  neverUpgrades.listen(0, '127.0.0.1')
  await once(neverUpgrades, 'listening')
  deafUrl = `ws://127.0.0.1:${(neverUpgrades.address() as AddressInfo).port}`
})
afterAll(() => {
  silent.close()
  for (const socket of accepted) socket.destroy()
  neverUpgrades.close()
})

const RealError = globalThis.Error
afterEach(() => {
  globalThis.Error = RealError
})

/** How many errors are made while frames are written. */
async function errorsOf(socket: WASocket, frames: number): Promise<number> {
  let made = 0
  globalThis.Error = new Proxy(RealError, {
    construct(target, args, newTarget) {
      made++
      return Reflect.construct(target, args, newTarget)
    },
  })
  for (let n = 0; n < frames; n++) await socket.sendNode({ tag: 'presence', attrs: {} })
  globalThis.Error = RealError
  await socket.end(undefined)
  return made
}

/** Resolves with the reason for which Baileys ends a socket. */
function ended(socket: WASocket) {
  return new Promise<ReturnType<typeof toDisconnect>>(resolve => {
    socket.ev.on('connection.update', ({ connection, lastDisconnect }) => {
      if (connection === 'close') resolve(toDisconnect(lastDisconnect?.error))
    })
  })
}

describe('a frame that leaves', () => {
  it('is needed: costs three errors that nobody reads', async () => {
    const made = await errorsOf(await openBareSocket(silent.url), 5)
    expect(made, 'upstream mended it: drop frame-timeouts.ts').toBeGreaterThanOrEqual(15)
  })

  it('costs none without its limit', async () => {
    expect(await errorsOf(await openBareSocket(silent.url, withoutFrameTimeouts({} as never)), 5)).toBe(0)
  })

  it('fails with its connection', async () => {
    const socket = await openBareSocket(silent.url, withoutFrameTimeouts({} as never))
    rawWebSocket(socket).terminate()
    await expect(socket.sendNode({ tag: 'presence', attrs: {} })).rejects.toThrow()
    await socket.end(undefined)
  })
})

describe('a login without a limit for each frame', () => {
  const limited = (url: string, ms: number) => {
    const socket = bareSocket(url, withoutFrameTimeouts({} as never))
    limitLogin(socket, ms)
    return socket
  }

  it('ends as a lost connection when the upgrade is not answered', async () => {
    expect(await ended(limited(deafUrl, 100))).toMatchObject({ code: 408 })
  })

  it('ends the same when WhatsApp says nothing after the upgrade', async () => {
    expect(await ended(limited(silent.url, 200))).toMatchObject({ code: 408 })
  })

  it('has that long for each of the two, and no limit after the first frame or the end', () => {
    vi.useFakeTimers()
    const errors: string[] = []
    const login = () => {
      const ws = new EventEmitter()
      ws.on('error', ({ message }: Error) => errors.push(message))
      const handlers: (() => void)[] = []
      limitLogin({ ws, registerSocketEndHandler: (stop: () => void) => handlers.push(stop) } as never)
      return { ws, end: () => handlers.map(stop => stop()) }
    }
    const [heard, gone, mute] = [login(), login(), login()]
    vi.advanceTimersByTime(19_000)
    for (const { ws } of [heard, gone, mute]) ws.emit('open')
    vi.advanceTimersByTime(19_000)
    heard.ws.emit('frame')
    gone.end()
    expect(errors).toEqual([])
    vi.advanceTimersByTime(60_000)
    expect(errors).toEqual(['the login timed out'])
    vi.useRealTimers()
  })
})
