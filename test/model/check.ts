import { expect } from 'vitest'
import { ID, type Json, type ManagerUnderTest, nameOf, SECOND } from './manager-under-test.ts'
import { dotted, type Snapshot } from './paths.ts'

interface Before {
  /** The session before the last event, and the last row of its log by then. */
  before: Snapshot
  seq: number
  /** Sends that waited by then. */
  sends: string[]
}

/**
 * Compares everything that can be seen of the session, by whoever sees it, with the model. Resolves with the last row of the log
 * (0 once the session is gone); rejects at the first difference.
 */
export async function check(
  manager: ManagerUnderTest,
  next: Snapshot,
  { before, seq, sends }: Before,
): Promise<number> {
  const { context } = next
  const state = dotted(next).replace(/\.(?:told|untold)$/, '')
  const { laravel, simulator, proxy, publications } = manager
  const newest =
    state === 'absent' ? await checkAbsent(manager) : await checkSession(manager, state, before, next, seq)
  expect((await manager.get('/qr?format=json')).status).toBe(context.qr ? 200 : 404)
  expect(laravel.accepted('/whatsapp/status', ID).map(({ estado_qr }) => estado_qr)).toEqual(context.told)
  expect({
    published: publications.length,
    devices: manager.phone.devices.length,
    arrived: manager.ana.inbox.length,
    waiting: proxy.waiting.size,
    inside: proxy.inside.size,
  }).toEqual({
    published: context.published,
    devices: context.devices,
    arrived: context.arrived,
    waiting: state.startsWith('starting') ? 1 : 0,
    inside: /^(?:open|awaitingQr\.(?:verifying|publishing|shown))/.test(state) ? 1 : 0,
  })
  const heard = laravel.accepted('/messages', ID).length
  expect(heard).toBeGreaterThanOrEqual(context.heard)
  expect(heard).toBeLessThanOrEqual(context.heard + context.lost)
  if (state !== 'absent') {
    const status =
      context.queued > 0
        ? /^queued$/
        : context.arrived > before.context.arrived
          ? /^sent|delivered$/
          : /^failed$/
    for (const id of sends) expect((await manager.get(`/messages/${id}`)).body.status).toMatch(status)
  }
  // WhatsApp keeps nothing for it any more; Baileys holds its events back until it has its first history.
  if (/^open\.settl/.test(state)) expect(manager.phone.devices.at(-1)?.pending).toBe(0)
  for (const [i, at] of publications.entries())
    if (i > 0 && !manager.replacements.has(i))
      expect(at - publications[i - 1]!).toBeGreaterThanOrEqual(30 * SECOND)
  expect(simulator.ledger.unanswered).toEqual([])
  expect(simulator.ledger.available).toEqual([])
  expect(simulator.ledger.errors).toEqual([])
  return newest
}

async function checkAbsent(manager: ManagerUnderTest): Promise<number> {
  expect((await manager.get()).status).toBe(404)
  return 0
}

async function checkSession(
  manager: ManagerUnderTest,
  state: string,
  before: Snapshot,
  { context }: Snapshot,
  seq: number,
): Promise<number> {
  const { body } = await manager.get()
  const session = body.session as Json
  expect({ ...session, state: nameOf(session) }).toMatchObject({
    state,
    reason: context.reason,
    attempts: context.attempts,
    estado_qr: estadoOf(state, context),
    wa_id: context.link === 'none' ? null : manager.phone.pn,
    qr: context.qr ? { expires_at: expect.any(String) } : null,
  })
  const events = await manager.events(seq)
  expect(events.map(event => event.seq)).toEqual(events.map((_, i) => seq + 1 + i))
  expect(events.map(({ type }) => type)).not.toContain('session.crashed')
  if (before.context.link !== 'none' && context.link !== 'none')
    expect(events.map(({ type }) => type)).not.toContain('socket.qr')
  return events.at(-1)?.seq ?? seq
}

/** What Laravel is told in each state. */
function estadoOf(state: string, { link, down }: Snapshot['context']): string {
  if (/^(?:loggedOut|awaitingQr\.(?:refused|expired))/.test(state)) return 'inactive'
  if (down && /^(?:starting|reconnecting)/.test(state)) return 'inactive'
  return state.startsWith('open') || link === 'linked' ? 'active' : 'pending'
}
