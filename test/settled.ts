import { expect, vi } from 'vitest'
import type { Simulator } from '../simulator/simulator.ts'

/**
 * What every test of the manager against the simulator ends with: WhatsApp had an answer for everything, and everything that it
 * said to a socket that is still open was acknowledged as it must be.
 */
export async function expectSettled(simulator: Simulator): Promise<void> {
  await vi.waitFor(() => expect(simulator.unacked).toEqual([]), { timeout: 5_000, interval: 20 })
  const { wrong, unanswered } = simulator.ledger
  expect({ wrong, unanswered }).toEqual({ wrong: [], unanswered: [] })
}
