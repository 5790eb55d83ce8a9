import { readFileSync } from 'node:fs'
import { createInspector, type StatelyInspectionEvent } from '@statelyai/inspect'
import { expect, it, vi } from 'vitest'
import { createActor, fromCallback, type InspectionEvent, setup } from 'xstate'
import { WIRE_VERSION, Wire } from '../../src/inspector/wire.ts'
import { showSnapshot } from '../../src/sessions/inspection/shown.ts'

const machine = setup({
  actors: { child: fromCallback(({ receive, sendBack }) => receive(() => sendBack({ type: 'answered' }))) },
  actions: {
    ask: ({ self }) =>
      (self.getSnapshot() as never as { children: { child: { send(e: object): void } } }).children.child.send(
        { type: 'ask' },
      ),
  },
}).createMachine({
  id: 'lamp',
  context: { sessionId: 's1', at: 7 },
  initial: 'off',
  states: {
    off: { on: { pressed: 'on' } },
    on: { invoke: { src: 'child', id: 'child' }, on: { asked: { actions: 'ask' }, answered: 'off' } },
  },
})

/** A run, as the library writes it and as we do. */
async function run() {
  const theirs: StatelyInspectionEvent[] = []
  const library = createInspector({ send: message => theirs.push(message) })
  const wire = new Wire({ showEvent: event => event, showSnapshot }, () => 7)
  const ours: StatelyInspectionEvent[] = []
  const actor = createActor(machine, { inspect: event => library.inspect.next!(event) })
  ours.push(wire.actor('lamp', actor, actor))
  actor.system.inspect((event: InspectionEvent) => {
    const message = wire.live('lamp', actor, event)
    if (message !== null) ours.push(message)
  })
  actor.start()
  for (const type of ['pressed', 'asked', 'nonsense']) actor.send({ type } as never)
  await vi.waitFor(() => expect(theirs.length).toBe(ours.length))
  return { ours, theirs }
}

it('writes what the library writes of the same run, message for message', async () => {
  const { ours, theirs } = await run()
  expect(ours.length).toBeGreaterThan(12)
  const bare = ({ id, createdAt, ...message }: StatelyInspectionEvent) => {
    expect([typeof createdAt, createdAt]).toEqual(['string', expect.stringMatching(/^\d+$/)])
    const { snapshot, name, definition, ...rest } = message as never as Record<string, unknown>
    return {
      ...JSON.parse(JSON.stringify(rest)),
      chart: String(definition).length > 100 && JSON.parse(String(definition)),
    }
  }
  expect(ours.map(bare)).toEqual(theirs.map(bare))
  const at = (messages: StatelyInspectionEvent[]) =>
    messages
      .filter(({ type }) => type === '@xstate.snapshot')
      .map(one => (one as never as { snapshot: { status: string; value?: unknown } }).snapshot)
      .map(({ status, value }) => ({ status, value }))
  expect(at(ours)).toEqual(at(theirs))
})

it('gives each message an id of its own, and each child the name of whose it is', async () => {
  const { ours } = await run()
  expect(new Set(ours.map(({ id }) => id)).size).toBe(ours.length)
  const names = ours.flatMap(one => (one.type === '@xstate.actor' ? [one.name] : []))
  expect(names).toEqual(['lamp', 'lamp.child'])
})

it('says the version of the library that it follows', () => {
  const { version } = JSON.parse(readFileSync('node_modules/@statelyai/inspect/package.json', 'utf8'))
  expect(WIRE_VERSION).toBe(version)
})
