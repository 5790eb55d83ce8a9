import { vi } from 'vitest'
import { KEY, World } from '../scenarios/world.ts'
import { type HostOptions, LaravelHost } from './laravel-host.ts'

export const TOKEN = 'laravel-token-1'
export const SECRET = 'whsec_c2hhcmVkLXdpdGgtbGFyYXZlbA=='

export const SHOP = '34600000001'
export const ANA = '34600000002'

/** Waits for what happens soon, in real time: processes and their timers. */
export const soon = <T>(look: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(look, { timeout: 40_000, interval: 50 })

export interface ShopOptions extends HostOptions {
  /** Without it the manager has no API_KEYS, and Laravel has none to present. */
  withKeys?: boolean
  /** Variables of the manager. */
  manager?: Record<string, string>
  /** Processes of the web server. */
  workers?: number
}

/** A real Laravel with the package, the real manager as a process, and the simulated WhatsApp. */
export class Shop {
  readonly laravel: LaravelHost
  readonly world: World

  private constructor(laravel: LaravelHost, world: World) {
    this.laravel = laravel
    this.world = world
  }

  static async open(options: ShopOptions = {}): Promise<Shop> {
    const { withKeys = true, manager = {}, workers = 4, ...host } = options
    const laravel = await LaravelHost.create(host)
    const world = new World({
      LARAVEL_URL: `${laravel.url}/whatsapp`,
      LARAVEL_TOKEN: TOKEN,
      LARAVEL_WEBHOOK_SECRET: SECRET,
      LARAVEL_MESSAGE_STATUS: 'true',
      LARAVEL_EVENTS: 'call,group,contact',
      CONNECT_PER_SECOND: '1000',
      ...(!withKeys && { API_KEYS: '' }),
      ...manager,
    })
    const started = await Promise.allSettled([laravel.start({ workers }), world.start()])
    const failed = started.find(one => one.status === 'rejected')
    if (failed !== undefined) {
      // Whoever asked for this has nothing to close.
      await laravel.end()
      await world.end({ unsettled: 'it did not begin' })
      throw failed.reason
    }
    await laravel.setEnv({
      WHATSAPP_MANAGER_URL: world.url,
      WHATSAPP_MANAGER_KEY: withKeys ? KEY : null,
      WHATSAPP_MANAGER_TOKEN: TOKEN,
      WHATSAPP_WEBHOOK_SECRET: SECRET,
    })
    return new Shop(laravel, world)
  }

  /** Starts a session as a user of the application, and scans the QR that Laravel was given. */
  async link(sessionId = 'shop', number = SHOP): Promise<void> {
    await this.laravel.run(
      `return \\WhatsAppManager\\Laravel\\Facades\\WhatsApp::start(\\App\\Models\\User::find(1), '${sessionId}');`,
    )
    await this.scan(sessionId, number)
    await this.world.waitForState(sessionId, 'open')
    await soon(() => this.estado(sessionId, 'active'))
  }

  /** The phone scans the QR that stands in the application's row. */
  async scan(sessionId: string, number: string): Promise<void> {
    await soon(() => {
      const [row] = this.laravel.rows('SELECT qr FROM whatsapp_sessions WHERE session_id = ?', sessionId)
      if (typeof row?.qr !== 'string') throw new Error('Laravel has no QR yet')
    })
    const qr = await this.laravel.run<string>(
      `return \\WhatsAppManager\\Laravel\\Models\\Session::firstWhere('session_id', '${sessionId}')->currentQr();`,
    )
    await this.world.simulator.phone(number, { name: `Shop ${sessionId}` }).scan(qr)
  }

  /** Throws unless the application's row says so. */
  estado(sessionId: string, wanted: string): void {
    const [row] = this.laravel.rows('SELECT estado_qr FROM whatsapp_sessions WHERE session_id = ?', sessionId)
    if (row?.estado_qr !== wanted) throw new Error(`${sessionId} is ${row?.estado_qr}, not ${wanted}`)
  }

  /** Resolves with the application's row of a message. */
  message(messageId: string): Promise<Record<string, unknown>> {
    return soon(() => {
      const [row] = this.laravel.rows('SELECT * FROM whatsapp_messages WHERE message_id = ?', messageId)
      if (row === undefined) throw new Error(`Laravel has no message ${messageId}`)
      return row
    })
  }

  async close(options?: { unsettled?: string }): Promise<void> {
    await this.world.end(options).finally(() => this.laravel.end())
  }
}
