import { writeFileSync } from 'node:fs'
import { type DirectedGraphEdge, type DirectedGraphNode, toDirectedGraph } from 'xstate/graph'
import { sessionMachine } from '../machines/session.machine.ts'
import { TIMES } from '../machines/session.timers.ts'
import { supervisorMachine } from '../machines/supervisor.machine.ts'

/** Draws both statecharts, from the machines themselves, into docs/machines.md and docs/viewer/: `npm run machines`. */

export const PAGE = new URL('machines.md', import.meta.url)

type Machine = Parameters<typeof toDirectedGraph>[0]

const all = (node: DirectedGraphNode): DirectedGraphNode[] => [node, ...node.children.flatMap(all)]
const nameOf = (guard: unknown): string =>
  typeof guard === 'object' && guard !== null && 'type' in guard ? String(guard.type) : String(guard)

/** `xstate.after.backoff.session.reconnecting.waiting` -> `after backoff`. */
function wordsOf({ transition: { eventType, guard } }: DirectedGraphEdge): string {
  const event = eventType.replace(/^xstate\.after\.([^.]+)\..*$/, 'after $1')
  return guard === undefined ? event : `${event} [${nameOf(guard)}]`
}

const mermaidId = (id: string) => id.replaceAll('.', '_')
const pathOf = (id: string) => id.split('.').slice(1).join('.')

/** A chart as mermaid: nested states as boxes, what is possible in every state from a box of its own. */
function chart(machine: Machine): string {
  const root = toDirectedGraph(machine)
  const lines = ['stateDiagram-v2', '  direction LR']
  const declare = (node: DirectedGraphNode, indent: string) => {
    const { key, initial } = node.stateNode
    const id = mermaidId(node.id)
    if (node.children.length === 0) return void lines.push(`${indent}state "${key}" as ${id}`)
    lines.push(`${indent}state "${key}" as ${id} {`)
    const [first] = initial.target
    lines.push(`${indent}  [*] --> ${mermaidId(first!.id)}`)
    for (const child of node.children) declare(child, `${indent}  `)
    lines.push(`${indent}}`)
  }
  lines.push(`  [*] --> ${mermaidId(root.stateNode.initial.target[0]!.id)}`)
  for (const child of root.children) declare(child, '  ')
  const moves = all(root).flatMap(({ edges }) =>
    edges.filter(({ transition }) => transition.target !== undefined),
  )
  if (moves.some(({ source }) => source.id === root.id)) lines.push('  state "in every state" as everywhere')
  const arrows = Map.groupBy(moves, ({ source, target }) => {
    const from = source.id === root.id ? 'everywhere' : mermaidId(source.id)
    return `${from} --> ${mermaidId(target.id)}`
  })
  for (const [arrow, edges] of arrows) lines.push(`  ${arrow} : ${edges.map(wordsOf).join('<br/>')}`)
  return ['```mermaid', ...lines, '```'].join('\n')
}

/** Every state with its line in the log and its tags. */
function states(machine: Machine): string {
  const rows = all(toDirectedGraph(machine))
    .slice(1)
    .map(({ stateNode: { id, description, tags } }) => {
      const own = tags.map(tag => `\`${tag}\``).join(' ')
      return `| \`${pathOf(id)}\` | ${description ?? ''} | ${own} |`
    })
  return ['| state | its line in the log | tags |', '| --- | --- | --- |', ...rows].join('\n')
}

/** Every transition: where, on what, under which condition, where to, and what is done. */
function transitions(machine: Machine): string {
  const rows = all(toDirectedGraph(machine)).flatMap(({ edges }) =>
    edges.map(edge => {
      const { target, actions, guard } = edge.transition
      const [event] = wordsOf(edge).split(' [')
      const to = target === undefined ? 'stays' : `\`${pathOf(edge.target.id)}\``
      const does = actions.map(action => `\`${nameOf(action)}\``).join(', ')
      const from = pathOf(edge.source.id) || 'every state'
      return `| ${from} | \`${event}\` | ${guard === undefined ? '' : `\`${nameOf(guard)}\``} | ${to} | ${does} |`
    }),
  )
  return ['| in | on | if | to | does |', '| --- | --- | --- | --- | --- |', ...rows].join('\n')
}

const timers = () =>
  Object.entries(TIMES)
    .map(
      ([name, ms]) =>
        `\`${name}\` ${ms >= 3_600_000 ? `${ms / 3_600_000} h` : ms >= 60_000 ? `${ms / 60_000} min` : `${ms / 1000} s`}`,
    )
    .join(' · ')

/** The whole page. */
export function page(): string {
  return `# The machines

Made by \`npm run machines\` from \`machines/\`; a test keeps it current. A transition that a state does not name itself is that of the
state around it. What a guard asks and what an action remembers stands under its name in \`machines/session.guards.ts\` and
\`machines/session.setup.ts\`, what an action does outside in \`src/sessions/effects/\`. To move the charts
about, paste [viewer/session.machine.js](viewer/session.machine.js) or [viewer/supervisor.machine.js](viewer/supervisor.machine.js) into
a statechart viewer that takes code, such as Stately's.

## A session

${chart(sessionMachine as never)}

${states(sessionMachine as never)}

Lengths that no configuration changes: ${timers()}.

<details><summary>Every transition</summary>

${transitions(sessionMachine as never)}

</details>

## The supervisor

${chart(supervisorMachine as never)}

<details><summary>Every transition</summary>

${transitions(supervisorMachine as never)}

</details>
`
}

/** A machine as one self-contained file, for statechart viewers that take code; guards, actions and delays are names there. */
export const viewerFile = (name: string, { config }: { config: object }): string =>
  `import { createMachine } from 'xstate'

// Made by \`npm run machines\`: paste it into a statechart viewer.
export const ${name} = createMachine(${JSON.stringify(config, null, 2)})
`

/** Every generated file with its text. */
export const files = (): Map<URL, string> =>
  new Map([
    [PAGE, page()],
    [new URL('viewer/session.machine.js', import.meta.url), viewerFile('sessionMachine', sessionMachine)],
    [
      new URL('viewer/supervisor.machine.js', import.meta.url),
      viewerFile('supervisorMachine', supervisorMachine),
    ],
  ])

if (import.meta.main) for (const [file, text] of files()) writeFileSync(file, text)
