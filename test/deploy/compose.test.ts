import { expect, it } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { createKeyring } from '../../src/http/keys.ts'
import { composed, type Variables } from './compose.ts'

const ENV = {
  API_KEYS: 'of-an-operator,of-laravel,wallboard:read',
  WHATSAPP_MANAGER_KEY: 'of-laravel',
  LARAVEL_TOKEN: 'a-token',
  LARAVEL_WEBHOOK_SECRET: 'whsec_b2YgYm90aA==',
  LARAVEL_IMAGE: 'shop',
}

/** Both sides as deploy/compose.laravel.yaml starts them. */
function bothSides(given: Variables = ENV) {
  const services = composed('deploy/compose.laravel.yaml', given)
  const { environment: inherited } = composed('compose.yaml', given).manager!
  const manager = loadConfig({ ...given, ...inherited, ...services.manager!.environment })
  return { manager, app: services.app!, worker: services.worker! }
}

it('gives Laravel a key that the manager takes, however many it has', () => {
  const { manager, app, worker } = bothSides()
  const key = app.environment.WHATSAPP_MANAGER_KEY!
  expect(createKeyring(manager.http).allows([key])).toBe('write')
  expect(worker.environment).toEqual(app.environment)
})

it('gives both sides the same secret and token, and leads each to the other', () => {
  const { manager, app } = bothSides()
  expect(manager.laravel.secrets).toEqual([app.environment.WHATSAPP_WEBHOOK_SECRET])
  expect(manager.laravel.token).toBe(app.environment.WHATSAPP_MANAGER_TOKEN)
  const port = app.command!.find(word => word.startsWith('--port='))!.split('=')[1]
  expect(manager.laravel.url).toBe(`http://app:${port}/whatsapp`)
  expect(app.environment.WHATSAPP_MANAGER_URL).toBe(`http://manager:${manager.http.port}`)
  expect(manager.publicUrl).toBe(app.environment.WHATSAPP_MANAGER_URL)
})

it.each([
  'API_KEYS',
  'WHATSAPP_MANAGER_KEY',
  'LARAVEL_WEBHOOK_SECRET',
  'LARAVEL_IMAGE',
])('does not start without %s', name => {
  expect(() => bothSides({ ...ENV, [name]: '' })).toThrow(name)
})
