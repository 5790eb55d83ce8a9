import { vi } from 'vitest'
import type { Simulator } from '../../simulator/simulator.ts'
import { LinkWorld, SECOND } from '../scenarios/link-world.ts'
import type { LaravelHost } from './laravel-host.ts'

/** The manager in this process on a clock that the test moves, against a real Laravel. */
export class SimulatedTime {
  readonly world: LinkWorld
  readonly laravel: LaravelHost

  private constructor(world: LinkWorld, laravel: LaravelHost) {
    this.world = world
    this.laravel = laravel
  }

  /** `simulator` listens at `url`; it is shared, because Baileys trusts one server per process. */
  static async begin(
    simulator: Simulator,
    url: string,
    laravel: LaravelHost,
    env: Record<string, string>,
  ): Promise<SimulatedTime> {
    return new SimulatedTime(await new LinkWorld(simulator).start(url, env), laravel)
  }

  /** A session that Laravel knows and a phone has linked; `more`: what /start is given beside it. */
  async link(sessionId: string, more: object = {}): Promise<void> {
    const { world } = this
    await world.call('POST', '/start', { user_id: 1, session_id: sessionId, ...more })
    const { qr } = await this.until(async () => {
      const { status, body } = await world.call('GET', `/sessions/${sessionId}/qr?format=json`)
      if (status !== 200) throw new Error(`no QR yet: ${JSON.stringify(body)}`)
      return body as { qr: string }
    })
    await world.simulator.phone(sessionId, { name: 'Shop' }).scan(qr)
    await world.inState(sessionId, 'open')
  }

  /** Waits for what needs no time to pass but that of sockets and PHP. */
  until<T>(look: () => T | Promise<T>): Promise<T> {
    return vi.waitFor(
      async () => {
        await this.world.clock.advance(0)
        return look()
      },
      { timeout: 20_000, interval: 25 },
    )
  }

  /** Lets time pass by steps, each with some real time for sockets and PHP, until it holds. */
  async pass<T>(most: number, look: () => T | Promise<T>, step = 5 * SECOND): Promise<T> {
    for (let passed = 0; ; passed += step) {
      try {
        return await vi.waitFor(look, { timeout: 150, interval: 25 })
      } catch (error) {
        if (passed >= most) throw error
        await this.world.clock.advance(step)
      }
    }
  }

  async ready(): Promise<{ ready: boolean; problems: { code: string; message: string }[] }> {
    return (await this.world.call('GET', '/health/ready')).body
  }

  async deliveries(state: 'waiting' | 'dead'): Promise<{ error: string; webhook_id: string; id: number }[]> {
    const { body } = await this.world.call('GET', `/deliveries?state=${state}`)
    return (body as { deliveries: never }).deliveries
  }
}
