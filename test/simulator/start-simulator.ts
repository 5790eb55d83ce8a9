import type { AuthenticationState, UserFacingSocketConfig } from '@whiskeysockets/baileys'
import { WA_CERT_DETAILS } from '@whiskeysockets/baileys'
import { afterEach, expect } from 'vitest'
import type { Device } from '../../simulator/accounts/account.ts'
import { Simulator } from '../../simulator/simulator.ts'
import { Client, memoryAuth } from './baileys-client.ts'

const running = new Set<{ simulator: Simulator; clients: Client[] }>()

/** A simulator with its clients; after each test all is closed, and nothing may be left unanswered. */
export async function startSimulator(options: ConstructorParameters<typeof Simulator>[0] = {}) {
  const simulator = new Simulator(options)
  const { url, rootKey } = await simulator.listen()
  WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(rootKey, 'hex')
  const clients: Client[] = []
  running.add({ simulator, clients })

  const client = (auth?: AuthenticationState, config?: Partial<UserFacingSocketConfig>): Client => {
    const made = new Client(url, auth, config)
    clients.push(made)
    return made
  }
  /** An enrolled device, open. */
  const linked = async (
    pn: string,
    config?: Partial<UserFacingSocketConfig>,
  ): Promise<{ one: Client; device: Device }> => {
    const { creds, device } = await simulator.enroll(pn, { name: `N${pn}` })
    const one = client(memoryAuth(creds), config).connect()
    await one.open()
    return { one, device }
  }
  return { simulator, url, client, linked }
}

export type TestSimulator = Awaited<ReturnType<typeof startSimulator>>

afterEach(async () => {
  const worlds = [...running]
  running.clear()
  for (const { simulator, clients } of worlds) {
    for (const one of clients) await one.end()
    await simulator.close()
  }
  for (const { simulator } of worlds) {
    expect(simulator.ledger.unanswered).toEqual([])
    expect(simulator.ledger.errors).toEqual([])
  }
})
