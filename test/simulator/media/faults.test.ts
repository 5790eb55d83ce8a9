import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { downloadMediaMessage, type WAMessage } from '@whiskeysockets/baileys'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { mediaOf } from '../../../simulator/content/media.ts'
import { downloaded, messageOf, trusting } from '../media-client.ts'
import { silenceConsole } from '../silence-console.ts'
import { startSimulator } from '../start-simulator.ts'

silenceConsole()

const SHOP = '34600000001'
const ANA = '34600000002'
const JID = `${ANA}@s.whatsapp.net`

async function linkedWithMedia() {
  const world = await startSimulator()
  const trust = trusting(world.simulator.media)
  const { one, device } = await world.linked(SHOP, { ...trust.config, qrTimeout: 1000 })
  const ana = world.simulator.contact(ANA)
  const file = randomBytes(50_000)
  const message = await messageOf(one, (await ana.say(SHOP, { image: file })).id)
  return { ...world, media: world.simulator.media, trust, one, device, ana, file, message }
}

const pathOf = ({ message }: WAMessage) => mediaOf(message)!.media.directPath!
const statusOf = (error: unknown) => (error as { output?: { statusCode: number } }).output?.statusCode

describe('a download', () => {
  it.each([404, 410, 500])('answered with %i as often as asked', async status => {
    const { media, message, trust, file } = await linkedWithMedia()
    media.faults.add({ kind: 'status', status, on: 'download', times: 2 })
    for (const _ of [1, 2]) expect(statusOf(await downloaded(message, trust).catch(e => e))).toBe(status)
    expect(await downloaded(message, trust)).toEqual(file)
  })

  it('fails for one file only, until healed', async () => {
    const { media, message, trust, file, ana, one } = await linkedWithMedia()
    const other = await messageOf(one, (await ana.say(SHOP, { image: file })).id)
    media.faults.add({ kind: 'status', path: pathOf(message) })
    await expect(downloaded(message, trust)).rejects.toThrow('Failed to fetch')
    expect(await downloaded(other, trust)).toEqual(file)
    media.faults.heal('hang')
    await expect(downloaded(message, trust)).rejects.toThrow('Failed to fetch')
    media.faults.heal('status')
    expect(await downloaded(message, trust)).toEqual(file)
  })

  it('of an expired file is 404', async () => {
    const { media, message, trust, ana } = await linkedWithMedia()
    expect(media.files.expire(pathOf(message))).toBe(true)
    expect(media.files.expire('/v/none')).toBe(false)
    await expect(ana.download({ message: message.message! })).rejects.toThrow('has no')
    expect(statusOf(await downloaded(message, trust).catch(e => e))).toBe(404)
  })

  it('is corrupt, which Baileys does not see', async () => {
    const { media, message, trust, file } = await linkedWithMedia()
    media.faults.add({ kind: 'corrupt', times: 1 })
    const got = await downloaded(message, trust)
    expect(got).toHaveLength(file.length)
    expect(got.equals(file)).toBe(false)
    // CBC: the first block is garbage, the rest but one byte is whole.
    expect(got.subarray(32)).toEqual(file.subarray(32))
    expect(await downloaded(message, trust)).toEqual(file)
  })

  it('is cut in the middle, which Baileys does not catch: it is an uncaught exception of the process', async () => {
    const { media, message, trust, file } = await linkedWithMedia()
    media.faults.add({ kind: 'cut' })
    const others = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    onTestFinished(() => {
      for (const listener of others) process.on('uncaughtException', listener)
    })
    const uncaught = once(process, 'uncaughtException')
    const stream = await downloadMediaMessage(message, 'stream', { options: trust.options })
    let length = 0
    stream.on('data', (chunk: Buffer) => {
      length += chunk.length
    })
    expect(String((await uncaught)[0])).toMatch('terminated')
    expect(stream.readableEnded).toBe(false)
    expect(length).toBeGreaterThan(0)
    expect(length).toBeLessThan(file.length)
  })

  it('hangs until the host is gone', async () => {
    const { media, message, trust } = await linkedWithMedia()
    media.faults.add({ kind: 'hang' })
    let settled = false
    const got = downloaded(message, trust).then(
      () => 'whole',
      () => 'failed',
    )
    void got.then(() => {
      settled = true
    })
    await vi.waitFor(() => expect(media.faults.met).toBe(1))
    expect(settled).toBe(false)
    await media.close()
    expect(await got).toBe('failed')
  })

  it('is slow', async () => {
    const { media, message, trust, file } = await linkedWithMedia()
    media.faults.add({ kind: 'slow', bytesPerSecond: 100_000 })
    const before = performance.now()
    expect(await downloaded(message, trust)).toEqual(file)
    expect(performance.now() - before).toBeGreaterThan(400)
  })
})

describe('an upload', () => {
  const send = async (world: Awaited<ReturnType<typeof linkedWithMedia>>) =>
    world.one.socket!.sendMessage(JID, { document: world.file, mimetype: 'text/plain' })

  it.each(['status', 'cut'] as const)('fails with %s, and succeeds once healed', async kind => {
    const world = await linkedWithMedia()
    world.media.faults.add({ kind, on: 'upload', status: 500 })
    expect(statusOf(await send(world).catch(e => e))).toBe(500)
    expect(world.media.faults.met).toBe(1)
    expect(world.ana.inbox).toEqual([])
    world.media.faults.heal()
    await send(world)
    expect(await world.ana.download(await world.ana.next())).toEqual(world.file)
  })

  it('is slow', async () => {
    const world = await linkedWithMedia()
    world.media.faults.add({ kind: 'slow', on: 'upload', bytesPerSecond: 100_000 })
    const before = performance.now()
    await send(world)
    expect(performance.now() - before).toBeGreaterThan(400)
    expect(await world.ana.download(await world.ana.next())).toEqual(world.file)
  })

  it('does not meet faults that are for downloads', async () => {
    const world = await linkedWithMedia()
    world.media.faults.add({ kind: 'status', on: 'download' })
    world.media.faults.add({ kind: 'corrupt' })
    await send(world)
    expect(await world.ana.download(await world.ana.next())).toEqual(world.file)
  })
})

describe('media asked for again', () => {
  it('are uploaded again by the phone under a new direct path', async () => {
    const { one, message, trust, file, media, device } = await linkedWithMedia()
    const old = pathOf(message)
    media.files.expire(old)
    await expect(downloaded(message, trust)).rejects.toThrow('Failed to fetch')
    // Baileys builds the new address with the host that media_conn named last.
    await one.socket!.refreshMediaConn()
    const updated = await one.socket!.updateMediaMessage(message)
    expect(pathOf(updated)).not.toBe(old)
    expect(await downloaded(updated, trust)).toEqual(file)
    await vi.waitFor(() => expect(device.pending).toBe(0))
  })

  it('are found in groups, and when the device itself sent them', async () => {
    const { one, trust, file, simulator, ana } = await linkedWithMedia()
    await one.socket!.refreshMediaConn()
    const group = simulator.group('Orders', [ANA, SHOP])
    const inGroup = await messageOf(one, (await ana.say(group.jid, { video: file })).id)
    const sent = await one.socket!.sendMessage(JID, { document: file, mimetype: 'text/plain' })
    await ana.next()
    for (const message of [inGroup, sent!]) {
      const old = pathOf(message)
      const updated = await one.socket!.updateMediaMessage(message)
      expect(pathOf(updated)).not.toBe(old)
      expect(await downloaded(updated, trust)).toEqual(file)
    }
  })

  it('are not found when the phone deleted them or knows no such message', async () => {
    const { one, message, simulator } = await linkedWithMedia()
    simulator.phone(SHOP).reuploads = 'not-found'
    expect(statusOf(await one.socket!.updateMediaMessage(message).catch(e => e))).toBe(404)
    simulator.phone(SHOP).reuploads = 'answered'
    const unknown = { ...message, key: { ...message.key, id: 'NOSUCH' } }
    expect(statusOf(await one.socket!.updateMediaMessage(unknown).catch(e => e))).toBe(404)
  })

  it('are answered when the device is back, if it went away meanwhile', async () => {
    const { one, message, device } = await linkedWithMedia()
    // As if it were away already: the answer waits.
    device.connection!.ready = false
    void one.socket!.updateMediaMessage(message).catch(() => {})
    await vi.waitFor(() => expect(device.pending).toBe(1))
    await one.end()
    await vi.waitFor(() => expect(device.online).toBe(false))
    const updates: { id: string; media?: unknown }[] = []
    one.connect().socket!.ev.on('messages.media-update', events => {
      for (const { key, media } of events) updates.push({ id: key.id ?? '', media })
    })
    await vi.waitFor(() => expect(updates).toMatchObject([{ id: message.key.id, media: {} }]))
    await vi.waitFor(() => expect(device.pending).toBe(0))
  })
})
