import { expect, it, vi } from 'vitest'
import { adminRoutes } from '../../../simulator/admin/server.ts'
import { Companion } from '../linking/passkey-companion.ts'
import { silenceConsole } from '../silence-console.ts'
import { startSimulator } from '../start-simulator.ts'

silenceConsole()

it('A passkey can be demanded, made and compared over HTTP', async () => {
  const { simulator, client } = await startSimulator()
  const app = adminRoutes(simulator, { url: '', port: 0, rootKey: '', mediaHost: '', mediaCa: '' })
  const call = (method: string, path: string, body?: unknown) =>
    app.request(`/phones/34600000001${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  const progress = async () => (await call('GET', '/passkey')).json()
  const one = client().connect()
  const qr = await one.qr()
  const companion = new Companion(one)
  expect((await call('GET', '/passkey')).status).toBe(409)
  expect((await call('POST', '/passkey', { code: 'never' })).status).toBe(400)
  expect((await call('POST', '/passkey', { code: 'awaited' })).status).toBe(204)
  const scanned = await call('POST', '/scan', { qr })
  expect([scanned.status, await scanned.json()]).toMatchObject([202, { stage: 'asked', code: null }])
  expect((await call('POST', '/passkey/ask')).status).toBe(204)
  const made = await call('POST', '/passkey/assert', { options: await companion.options(2) })
  await companion.prologue((await made.json()) as never, { proof: false })
  const code = await companion.reveal()
  expect(await progress()).toEqual({ stage: 'nonce', code, proved: false, problem: null })
  await companion.request()
  expect((await call('POST', '/passkey/same-code', { same: true })).status).toBe(204)
  expect(await one.closed()).toBe(515)
  await vi.waitFor(async () => expect(await progress()).toMatchObject({ stage: 'linked' }))
  expect((await call('DELETE', '/passkey')).status).toBe(204)
})
