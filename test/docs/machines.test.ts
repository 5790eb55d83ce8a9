import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { AnyStateMachine } from 'xstate'
import { toDirectedGraph } from 'xstate/graph'
import { files as generated } from '../../docs/draw-machines.ts'

const config = JSON.parse(readFileSync('stately.config.json', 'utf8')) as {
  include: string[]
  exclude: string[]
}
const files = config.include.flatMap(pattern => globSync(pattern, { exclude: config.exclude }))

/** The machines that a tool with this configuration finds. */
const machines = await Promise.all(
  files.map(async file => {
    const exported = (await import(`../../${file}`)) as Record<string, unknown>
    const machine = Object.values(exported).find(
      one => typeof one === 'object' && one !== null && 'definition' in one,
    )
    return { file, machine: machine as AnyStateMachine }
  }),
)

it.each([...generated()])('%s shows the machines as they are (if not: npm run machines)', (file, text) => {
  expect(readFileSync(file, 'utf8')).toBe(text)
})

it('The files for statechart viewers have every state and every transition of the machines', async () => {
  const drawn = await Promise.all(
    ['session', 'supervisor'].map(async name => {
      const exported = (await import(`../../docs/viewer/${name}.machine.js`)) as Record<
        string,
        AnyStateMachine
      >
      return Object.values(exported)[0]!
    }),
  )
  const arrows = (machine: AnyStateMachine) =>
    below(toDirectedGraph(machine as never)).flatMap(({ id, edges }) => [
      id,
      ...edges.map(({ id: edge, label }) => `${edge} ${label.text}`),
    ])
  for (const [i, { machine }] of machines.entries()) expect(arrows(drawn[i]!)).toEqual(arrows(machine))
})

describe('stately.config.json', () => {
  it('finds each machine', () => {
    expect(files.sort()).toEqual(['machines/session.machine.ts', 'machines/supervisor.machine.ts'])
  })

  it.each(machines)('finds $file, whose chart has a name for everything', ({ machine }) => {
    const chart = JSON.parse(JSON.stringify(machine.definition)) as { id: string; states: object }
    expect(Object.keys(chart.states).length).toBeGreaterThan(2)
    const { guards, actions, delays } = machine.implementations
    const nodes = below(toDirectedGraph(machine as never))
    const edges = nodes.flatMap(node => node.edges)
    expect(edges.length).toBeGreaterThan(5)
    for (const { transition } of edges) {
      if (transition.guard !== undefined) expect(Object.keys(guards)).toContain(nameOf(transition.guard))
      for (const action of transition.actions) expect(Object.keys(actions)).toContain(nameOf(action))
      const delay = /^xstate\.after\.([^.]+)\./.exec(transition.eventType)?.[1]
      if (delay !== undefined) expect(Object.keys(delays)).toContain(delay)
    }
  })
})

type Node = ReturnType<typeof toDirectedGraph>
const below = (node: Node): Node[] => [node, ...node.children.flatMap(below)]

const nameOf = (one: unknown): string =>
  typeof one === 'string' ? one : String((one as { type?: unknown }).type)
