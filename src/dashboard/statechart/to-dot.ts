import type { Chart, ChartState, ChartTransition } from './machine-graph.ts'

/** The ids of what is drawn. */
export const stateId = (path: string): string => `state:${path}`
export const nameId = (path: string): string => `name:${path}`
export const arrowId = (from: string, to: string): string => `arrow:${from}>${to}`
export const initialId = (path: string): string => `initial:${path}`

/** Transitions that lead from one state to the same other one are one arrow. Those of the machine itself, possible in every state, would lie over all the others: they are not drawn. */
export function arrowsOf({ transitions }: Chart): ChartTransition[][] {
  const moves = transitions.filter(({ from, to }) => from !== '' && to !== null)
  return [...Map.groupBy(moves, ({ from, to }) => `${from}>${to}`).values()]
}

const quoted = (text: string) => JSON.stringify(text)
const attributes = (all: Record<string, string | undefined>) =>
  `[${Object.entries(all)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${quoted(value!)}`)
    .join(' ')}]`

/**
 * A chart in Graphviz' language (https://graphviz.org/doc/info/lang.html), each element with an id; colours are left to whoever shows it.
 * A state with others inside is a box around a node with its name: there its arrows end and begin, and one goes on to where it begins.
 * (Arrows to the box itself, `compound`, make Graphviz 16 give up: "Assertion failed: bez->sflag".) What arrows say has no place kept free.
 */
export function toDot(chart: Chart): string {
  const lines = [
    'digraph {',
    'graph [rankdir=LR nodesep=0.14 ranksep=0.4 fontname=Arial fontsize=12 pad=0.1 style=rounded]',
    'node [shape=box style=rounded fontname=Arial fontsize=11 margin="0.13,0.07" height=0.32]',
    'edge [arrowsize=0.6]',
  ]
  const declare = (state: ChartState) => {
    const { path, key: label, initial } = state
    const id = stateId(path)
    if (initial === null) return void lines.push(`${quoted(path)} ${attributes({ id, label })}`)
    lines.push(`subgraph ${quoted(`cluster_${path}`)} {`, `graph ${attributes({ id, margin: '12' })}`)
    lines.push(`${quoted(path)} ${attributes({ id: nameId(path), label, shape: 'plain', fontsize: '16' })}`)
    for (const inner of state.states) declare(inner)
    lines.push(`${quoted(path)} -> ${quoted(initial)} ${attributes({ id: initialId(path) })}`, '}')
  }
  for (const state of chart.root.states) declare(state)
  for (const arrow of arrowsOf(chart)) {
    const [{ from, to }] = arrow as [ChartTransition & { to: string }]
    lines.push(
      `${quoted(from)} -> ${quoted(to)} ${attributes({
        id: arrowId(from, to),
      })}`,
    )
  }
  return [...lines, '}'].join('\n')
}
