import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { World } from './world.ts'

describe('no secret leaves its place', () => {
  const world = new World()
  beforeAll(async () => {
    await world.start()
    await world.link('shop', '34600000001')
    await world.simulator.contact('34600000002').say('34600000001', 'un texto muy privado')
    await world.send('shop', '34600000002', 'otro texto privado')
    await world.simulator.fault({ kind: 'garbage' })
    await world.waitForState('shop', 'reconnecting', 'starting')
    await world.waitForState('shop', 'open')
    await world.stopManager('SIGTERM')
  })
  afterAll(() => world.end())

  it('neither logs nor events hold a QR text, a key, a credential or a body', () => {
    const database = new DatabaseSync(join(world.dataDir, 'store.sqlite'), { readOnly: true })
    const events = JSON.stringify(database.prepare('SELECT type, data, state, context FROM events').all())
    const keys = database.prepare("SELECT value FROM keys WHERE type = 'creds'").all() as {
      value: Uint8Array
    }[]
    database.close()
    const qr = String(world.laravel.accepted('/qr')[0]?.qr)
    const [ref, ...rest] = qr.split('#')[1]!.split(',')
    const creds = keys.map(({ value }) => Buffer.from(value).toString())
    const credentialStrings = creds.flatMap(text => text.match(/[A-Za-z0-9+/]{40,}={0,2}/g) ?? [])
    expect(credentialStrings.length).toBeGreaterThan(5)
    const secrets = [qr, ref!, ...rest.filter(part => part.length > 10), 'test-key-1', ...credentialStrings]
    for (const secret of [...secrets, 'texto muy privado', 'otro texto privado']) {
      expect(world.output.includes(secret)).toBe(false)
      expect(events.includes(secret)).toBe(false)
    }
    expect(world.output).not.toMatch(/privKey|SessionEntry|noiseKey|signedIdentityKey/)
  })
})
