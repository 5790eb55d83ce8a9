import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { IDLE_NODE, idleMetrics } from './metrics/idle-metrics.ts'

const read = (name: string) => readFileSync(new URL(`../examples/grafana/${name}`, import.meta.url), 'utf8')

/** The names that Prometheus would know of a manager, and of its own. */
async function known(): Promise<Set<string>> {
  const { text } = await idleMetrics(IDLE_NODE).text(undefined)
  const names = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].flatMap(([, name, type]) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name!],
  )
  return new Set([...names, 'up'])
}

const FUNCTIONS =
  /^(?:sum|max|min|by|and|or|le|rate|increase|delta|deriv|changes|predict_linear|histogram_quantile)$/

/** The metrics that an expression of PromQL asks for. */
const namesIn = (expression: string) =>
  [
    ...expression
      .replace(/\{[^}]*\}|\[[^\]]*\]|\b(?:by|on|without) \([^)]*\)|\b\d[\w.]*/g, '')
      .matchAll(/[a-z_]\w*/gi),
  ]
    .map(([name]) => name)
    .filter(name => !FUNCTIONS.test(name))

const alerts = [...read('alerts.yml').matchAll(/- alert: (\w+)\n\s+expr: (.+)\n/g)].map(
  ([, name, expression]) => [name!, expression!] as const,
)
const panels = (
  JSON.parse(read('dashboard.json')) as { panels: { title: string; targets: { expr: string }[] }[] }
).panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const))

it.each([...alerts, ...panels])('%s asks for what there is: %s', async (_, expression) => {
  const names = namesIn(expression)
  expect(names.length).toBeGreaterThan(0)
  const there = await known()
  expect(names.filter(name => !there.has(name))).toEqual([])
  for (const [open, close] of ['()', '{}', '[]'])
    expect(expression.split(open!).length).toBe(expression.split(close!).length)
})

/** What is asked of the database, and so the same at each of several nodes. */
const OF_ALL_NODES =
  /whatsapp_manager_(?:deliveries_pending|deliveries_dead|lanes_pending|sessions_without_node|nodes)\b/

it.each(
  panels.filter(([, expression]) => OF_ALL_NODES.test(expression)),
)('%s counts once what every node tells of all: %s', (_, expression) => {
  expect(expression).not.toMatch(/\bsum\b/)
})

it('every alert says what it is and what to do', () => {
  const text = read('alerts.yml')
  expect(alerts.length).toBeGreaterThan(10)
  expect(text.match(/^ {10}summary: \S/gm)).toHaveLength(alerts.length)
  expect(text.match(/^ {10}action: \S/gm)).toHaveLength(alerts.length)
})
