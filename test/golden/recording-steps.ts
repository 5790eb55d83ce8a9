import type { SocketFact } from '../../src/ports/whatsapp.ts'
import { CREDENTIALS_CORRUPT, classify } from '../../src/whatsapp/disconnects.ts'
import { text } from '../sessions/fakes.ts'
import type { World, WorldOptions } from '../sessions/world.ts'

/** One life of the session `s1`, to be recorded. */
export interface Recording {
  options?: WorldOptions
  record(world: World): Promise<void>
}

export const HOUR = 3_600_000
export const DAY = 24 * HOUR

/** What the table of disconnects makes of a code and its source. */
export const endedBy = (world: World, code: number, message: string, expireSeconds?: number): SocketFact => ({
  type: 'socket.closed',
  ...classify({ code, message, expireSeconds }, world.clock.now()),
})

export const paired: SocketFact = { type: 'socket.paired', waId: '34600000001', lid: '1@lid' }

/** The session's socket says these facts, one after the other. */
export async function says(world: World, ...facts: SocketFact[]): Promise<void> {
  const socket = world.whatsapp.socketOf('s1')
  for (const fact of facts) socket.report(fact)
  await world.settle()
}

/** `replaces`: the QR before it is void. */
export const shows = async (world: World, hash: string, replaces?: string): Promise<void> => {
  world.whatsapp.socketOf('s1').qr(hash, world.clock.now() + 60_000, replaces)
  await world.settle()
}

export const starts = async (world: World): Promise<void> => {
  await world.commands.start({ sessionId: 's1', userId: 7 })
  await world.settle()
}

/** Loses the connection and waits until the next socket is asked for. */
export async function reconnects(world: World, code: number, message: string): Promise<void> {
  await says(world, endedBy(world, code, message))
  await world.waitForRetry()
}

export const send = async (world: World, body: string): Promise<string> => {
  void world.commands.send('s1', text('34611111111', body), world.clock.now() + 4000).catch(() => {})
  await world.settle()
  const { streamId } = world.stored.sessions.find('s1')!
  return world.stored.messages.unsent(streamId).at(-1)!.messageId
}

export const update = async (
  world: World,
  messageId: string,
  status: 'sent' | 'delivered' | 'read' | 'played',
) => {
  world.whatsapp.socketOf('s1').owner.updated({ messageId, status, at: world.clock.now() })
  await world.settle()
}

/** WhatsApp does not take a message, with this code. */
export const refuses = async (world: World, messageId: string, code: '429' | '463') => {
  const refusal = { messageId, status: 'failed', at: world.clock.now(), code, error: 'No.' } as const
  world.whatsapp.socketOf('s1').owner.updated(refusal)
  await world.settle()
}

/** The process dies and is away for a while, in ms. */
export const killed = async (world: World, awayMs = 0): Promise<void> => {
  world.kill()
  await world.clock.advance(awayMs)
  await world.boot()
}

/** A machine whose named action throws while `when` says so. */
export function throwing(action: string, when: { armed: boolean }): WorldOptions {
  return {
    machine: machine => {
      const original = machine.implementations.actions[action] as (...args: unknown[]) => void
      const faulty = (...args: unknown[]) => {
        if (when.armed) throw new RangeError('a fault that the recording wants')
        return original(...args)
      }
      return machine.provide({ actions: { [action]: faulty } } as never) as typeof machine
    },
  }
}

/** The reasons that suspend a session, as the table of disconnects names them. */
export const suspensions = (world: World): SocketFact[] => [
  endedBy(world, 402, 'Connection Failure', 3600),
  endedBy(world, 402, 'Connection Failure'),
  endedBy(world, 405, 'Connection Failure'),
  endedBy(world, 411, 'Multi-device beta not joined'),
  endedBy(world, 440, 'Stream Errored (conflict)'),
  { type: 'socket.closed', ...CREDENTIALS_CORRUPT },
]
