import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StatelyInspectionEvent } from '@statelyai/inspect'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { valuesOf } from '../../command-line/command-line.ts'
import { INSPECT, readOptions } from '../../inspect/options.ts'
import { serveViewer, type ViewerServer } from '../../inspect/viewer-server.ts'
import { type App, createApp } from '../../src/app.ts'
import { createLogger } from '../../src/base/logger.ts'
import { loadConfig } from '../../src/config.ts'
import { describeInBrowser, launch, openTab } from './chromium.ts'

/** Stands for the hosted page, which says hello to its parent and takes messages: `createBrowserReceiver` of the library. */
const VIEWER = `<!doctype html><title>viewer</title><script>
globalThis.taken = []
addEventListener('message', event => taken.push({ origin: event.origin, data: event.data }))
parent.postMessage({ type: '@statelyai.connected' }, '*')
</script>`

describeInBrowser('the page of npm run inspect', () => {
  const hosted = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(VIEWER))
  const said: string[] = []
  let dataDir: string
  let app: App
  let browser: Browser
  let server: ViewerServer
  const start = async (port: string) => {
    const env = {
      PORT: port,
      DATA_DIR: dataDir,
      WHATSAPP_URL: 'ws://127.0.0.1:1',
      API_KEYS: 'full,looks:read',
    }
    return createApp(loadConfig(env), createLogger({ level: 'silent', format: 'json' }))
  }
  const call = (method: string, path: string, body = {}) =>
    fetch(`${app.url}${path}`, {
      method,
      headers: { 'x-api-key': 'full', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'whatsapp-manager-'))
    app = await start('0')
    hosted.listen(0, '127.0.0.1')
    await once(hosted, 'listening')
    const viewer = `http://127.0.0.1:${(hosted.address() as AddressInfo).port}/inspect`
    const args = ['--url', app.url, '--key', 'looks', '--viewer', viewer]
    const options = readOptions(valuesOf(INSPECT, args), {})
    server = await serveViewer(options, { url: new URL(viewer), port: 0 }, text => said.push(text))
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    server.close()
    hosted.close()
    await app.stop()
    await rm(dataDir, { recursive: true, force: true })
  })

  it('hands the stream to the viewer in its frame, under its own policy, and anew when the manager is back', async () => {
    const { page, complaints } = await openTab(browser, server.url)
    await page.goto(server.url)
    const taken = async () => {
      const frame = page.frames().find(one => one.url().endsWith('/inspect'))
      return ((await frame?.evaluate('taken')) ?? []) as { origin: string; data: StatelyInspectionEvent }[]
    }
    const names = async () =>
      (await taken()).flatMap(({ data }) => (data.type === '@xstate.actor' ? [data.name] : []))
    const seen = (name: string) =>
      vi.waitFor(async () => expect(await names()).toContain(name), { timeout: 20_000, interval: 100 })
    await seen('supervisor')
    expect(await page.locator('#says').textContent()).toBe('')
    await call('POST', '/start', { user_id: 1, session_id: 'shop' })
    await seen('shop.socket')
    expect(new Set((await taken()).map(({ origin }) => origin))).toEqual(
      new Set([new URL(server.url).origin]),
    )
    expect(complaints).toEqual([])

    const { port } = new URL(app.url)
    await app.stop()
    await page.getByText('The manager shows nothing at the moment').waitFor()
    app = await start(port)
    await vi.waitFor(async () => expect((await names()).slice(0, 2)).toEqual(['supervisor', 'shop']), {
      timeout: 20_000,
      interval: 100,
    })
    expect(said).toEqual(expect.arrayContaining(['the inspector looks on']))
  })
})
