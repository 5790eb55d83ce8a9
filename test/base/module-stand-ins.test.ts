import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const PROGRAM = `
  if (process.argv[1] === 'stand-ins') (await import('./src/base/module-stand-ins.ts')).useModuleStandIns()
  const baileys = await import('@whiskeysockets/baileys')
  const bridge = await import('whatsapp-rust-bridge')
  const { z } = await import('zod')
  const key = new Uint8Array(32).fill(7)
  const pair = bridge.generateKeyPair()
  const signature = bridge.calculateSignature(pair.privKey, key)
  console.log(JSON.stringify({
    reports: baileys.WEB_EVENTS.length,
    flags: [baileys.FLAG_BYTE, baileys.FLAG_GLOBAL, baileys.FLAG_EVENT, baileys.FLAG_FIELD, baileys.FLAG_EXTENDED],
    exports: Object.keys(baileys).length,
    languages: Object.keys(z.locales).length,
    refusal: z.object({ a: z.string() }).safeParse({ a: 1 }).error.message,
    bridge: Object.keys(bridge),
    hkdf: Buffer.from(bridge.hkdf(key, 32, { info: 'x' })).toString('hex'),
    simd: bridge.__wasmSimdActive,
    signed: bridge.verifySignature(pair.pubKey, key, signature),
    thrownAt: (() => { try { bridge.calculateSignature(new Uint8Array(3), key) } catch (error) { return String(error.stack ?? error).length < 3000 } })(),
    standIn: JSON.stringify(await import.meta.resolve('whatsapp-rust-bridge')).length > 10000,
  }))`

function run(how: 'stand-ins' | 'as-they-are'): Record<string, unknown> {
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', PROGRAM, how], {
    encoding: 'utf8',
  })
  return JSON.parse(printed.trim().split('\n').at(-1)!)
}

it('what stands in for parts of libraries says the same to whoever reads it; nobody reads the rest', () => {
  const whole = run('as-they-are')
  const slim = run('stand-ins')
  // As soon as a library stops loading it, its stand-in can go.
  expect(whole).toMatchObject({
    reports: expect.any(Number),
    languages: expect.any(Number),
    standIn: false,
  })
  expect(whole.reports).toBeGreaterThan(100)
  expect(whole.languages).toBeGreaterThan(40)
  expect(slim).toEqual({ ...whole, reports: 0, languages: 0, standIn: true })
  expect(slim).toMatchObject({ signed: true, thrownAt: true })
})

it('Baileys itself reads nothing of what WhatsApp Web reports', () => {
  const lib = 'node_modules/@whiskeysockets/baileys/lib'
  const readers = readdirSync(lib, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.js') && !file.startsWith('WAM/'))
    .filter(file =>
      /encodeWAM\b|WEB_EVENTS|WEB_GLOBALS|WAM\/constants/.test(readFileSync(join(lib, file), 'utf8')),
    )
  expect(readers).toEqual([])
})
