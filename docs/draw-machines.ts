import { writeFileSync } from 'node:fs'
import { sessionMachine } from '../machines/session.machine.ts'
import { TIMES } from '../machines/session.timers.ts'
import { supervisorMachine } from '../machines/supervisor.machine.ts'
import {
  type Chart,
  type ChartState,
  chartOf,
  type Machine,
  statesIn,
  transitionWords,
} from '../src/dashboard/statechart/machine-graph.ts'

/** Draws both statecharts, from the machines themselves, into docs/machines.md and docs/viewer/: `npm run machines`. */

export const PAGE = new URL('machines.md', import.meta.url)

/** A chart as mermaid: nested states as boxes, what is possible in every state from a box of its own. */
function drawn(name: string, { root, transitions }: Chart): string {
  const idOf = (path: string) => `${name}.${path}`.replaceAll('.', '_')
  const lines = ['stateDiagram-v2', '  direction LR']
  const declare = ({ path, key, initial, states }: ChartState, indent: string) => {
    if (initial === null) return void lines.push(`${indent}state "${key}" as ${idOf(path)}`)
    lines.push(`${indent}state "${key}" as ${idOf(path)} {`, `${indent}  [*] --> ${idOf(initial)}`)
    for (const inner of states) declare(inner, `${indent}  `)
    lines.push(`${indent}}`)
  }
  lines.push(`  [*] --> ${idOf(root.initial!)}`)
  for (const inner of root.states) declare(inner, '  ')
  const moves = transitions.filter(({ to }) => to !== null)
  if (moves.some(({ from }) => from === '')) lines.push('  state "in every state" as everywhere')
  const arrows = Map.groupBy(
    moves,
    ({ from, to }) => `${from === '' ? 'everywhere' : idOf(from)} --> ${idOf(to!)}`,
  )
  for (const [arrow, all] of arrows)
    lines.push(`  ${arrow} : ${all.map(one => transitionWords(one)).join('<br/>')}`)
  return ['```mermaid', ...lines, '```'].join('\n')
}

/** Every state with its line in the log and its tags. */
function states({ root }: Chart): string {
  const rows = statesIn(root)
    .slice(1)
    .map(({ path, description, tags }) => {
      const own = tags.map(tag => `\`${tag}\``).join(' ')
      return `| \`${path}\` | ${description ?? ''} | ${own} |`
    })
  return ['| state | its line in the log | tags |', '| --- | --- | --- |', ...rows].join('\n')
}

/** Every transition: where, on what, under which condition, where to, and what is done. */
function transitions(chart: Chart): string {
  const rows = chart.transitions.map(({ from, to, event, guard, actions }) => {
    const does = actions.map(action => `\`${action}\``).join(', ')
    const leads = to === null ? 'stays' : `\`${to}\``
    return `| ${from || 'every state'} | \`${event}\` | ${guard === null ? '' : `\`${guard}\``} | ${leads} | ${does} |`
  })
  return ['| in | on | if | to | does |', '| --- | --- | --- | --- | --- |', ...rows].join('\n')
}

const session = chartOf(sessionMachine as unknown as Machine)
const supervisor = chartOf(supervisorMachine as unknown as Machine)

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

${drawn('session', session)}

${states(session)}

Lengths that no configuration changes: ${timers()}.

<details><summary>Every transition</summary>

${transitions(session)}

</details>

## The supervisor

${drawn('supervisor', supervisor)}

<details><summary>Every transition</summary>

${transitions(supervisor)}

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
