import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { documentationLoader } from '../../src/openapi/load-documentation.ts'
import { OPERATIONS } from '../../src/openapi/operations/operations.ts'
import type { Documentation } from '../../src/ports/documentation.ts'
import { createTestHttp } from '../http/fakes.ts'

describe('GET /openapi.json', () => {
  it('needs no key, and is the document of this version', async () => {
    const { app } = createTestHttp({ apiKeys: ['key'] })
    const response = await app.request('/openapi.json')
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json'])
    expect(await response.json()).toMatchObject({ openapi: '3.1.0', info: { version: '0.0.0' } })
  })

  it('comes packed to who takes that', async () => {
    const { app } = createTestHttp()
    const plain = await (await app.request('/openapi.json')).text()
    const packed = await app.request('/openapi.json', { headers: { 'accept-encoding': 'gzip, br' } })
    expect(packed.headers.get('content-encoding')).toBe('gzip')
    expect(packed.headers.get('vary')).toBe('Accept-Encoding')
    const bytes = Buffer.from(await packed.arrayBuffer())
    expect(gunzipSync(bytes).toString()).toBe(plain)
    expect(bytes.length).toBeLessThan(plain.length / 4)
  })
})

describe('GET /docs', () => {
  it('needs no key, asks for nothing else and runs nothing', async () => {
    const { app } = createTestHttp({ apiKeys: ['key'] })
    const response = await app.request('/docs')
    expect(response.status).toBe(200)
    const policy = response.headers.get('content-security-policy')
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; img-src data:; /)
    expect(policy).not.toContain('unsafe')
    const page = await response.text()
    expect(page).not.toMatch(/<script|\sstyle=|\son\w+=|@import|url\(/)
    const urls = [...page.matchAll(/(?:src|href|action)="([^"]*)"/g)].map(match => match[1]!)
    expect(urls.filter(url => !/^(?:#|\/openapi\.json$|data:,$)/.test(url))).toEqual([])
    const targets = urls.filter(url => url.startsWith('#')).map(url => url.slice(1))
    expect(targets.filter(id => !page.includes(`id="${id}"`))).toEqual([])
  })

  it('shows every route and every webhook', async () => {
    const page = await (await createTestHttp().app.request('/docs')).text()
    for (const { id } of Object.values(OPERATIONS)) expect(page).toContain(`id="${id}"`)
    for (const path of ['/messages', '/messages/status', '/whatsapp/status', '/whatsapp/events', '/qr'])
      expect(page).toContain(`<code>${path}</code>`)
    expect(page).not.toMatch(/\[object |undefined/)
  })
})

it('what could not be made is made anew at the next request, and once it is there not again', async () => {
  const made = {} as Documentation
  const outcomes: (Error | Documentation)[] = [new Error('EMFILE: too many open files'), made]
  const load = documentationLoader('1.2.3', async version => {
    expect(version).toBe('1.2.3')
    const outcome = outcomes.shift()!
    if (outcome instanceof Error) throw outcome
    return outcome
  })
  const refused = await Promise.allSettled([load(), load()])
  expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await Promise.all([load(), load()])).toEqual([made, made])
})
