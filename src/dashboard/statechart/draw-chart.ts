import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { html } from 'hono/html'
import { type Chart, type ChartTransition, statesIn, transitionWords } from './machine-graph.ts'
import { arrowId, arrowsOf, stateId, toDot } from './to-dot.ts'

/** A drawing that is so large; `inner` is what stands inside its `<svg>`, in the words of a reader. */
export interface Drawing {
  width: number
  height: number
  inner(words: ChartWords): string
}

/** What is said beside the names that the machine itself has. */
export interface ChartWords {
  /** A timer is `after {timer}`. */
  after: string
  /** What a state means, by its path. */
  states: Readonly<Record<string, string>>
}

/**
 * Draws a chart for a page: no colours and no fonts of its own, so that the page's style decides; the elements `state:{path}` and
 * `arrow:{from}>{to}` (to-dot.ts) can be lit. Throws what Graphviz says of a chart that it cannot draw.
 */
export async function drawChart(chart: Chart): Promise<Drawing> {
  // A thread of its own: some 300 ms in which no session would be heard.
  const worker = new Worker(new URL('./draw.worker.ts', import.meta.url), { workerData: toDot(chart) })
  try {
    const [svg] = (await once(worker, 'message')) as [string]
    return forPage(svg, chart)
  } finally {
    await worker.terminate()
  }
}

function forPage(svg: string, chart: Chart): Drawing {
  const [, width, height] = /viewBox="0\.00 0\.00 ([\d.]+) ([\d.]+)"/.exec(svg)!
  const shapes = svg
    .slice(svg.indexOf('<g '), svg.lastIndexOf('</svg>'))
    .replace(/<!--[\s\S]*?-->\n?/g, '')
    .replace(/<title>[\s\S]*?<\/title>\n?/g, '')
    .replace(/ (?:fill|stroke|font-family|font-size|font-weight|xml:space|id="graph\d+" class)="[^"]*"/g, '')
    // The ground, which is the page's.
    .replace(/<polygon points="[^"]*"\/>\n/, '')
  return {
    width: Number(width),
    height: Number(height),
    inner: words => withWords(shapes, chart, words),
  }
}

function withWords(shapes: string, chart: Chart, words: ChartWords): string {
  const titles = titlesOf(chart, words)
  const arrows = new Map(arrowsOf(chart).map(arrow => [arrowId(arrow[0]!.from, arrow[0]!.to!), arrow]))
  return shapes.replace(
    /<g id="([^"]*)" class="(node|edge|cluster)">([\s\S]*?)<\/g>/g,
    (_, spelled, kind, shape: string) => {
      const id = String(spelled).replaceAll('&gt;', '>').replaceAll('&#45;', '-')
      const title = titles.get(id)
      const lines = arrows.get(id)?.map(one => transitionWords(one, words.after)) ?? []
      return `<g id="${spelled}" class="${kind}">${title === undefined ? '' : html`<title>${title}</title>`}${shape}${wordsAlong(shape, lines)}</g>`
    },
  )
}

const LINE = 11
/** How wide a letter on an arrow is, more or less, and how far above an arrow its words clear the states that it joins. */
const LETTER = 4.6
const CLEAR = 17

/** The words of an arrow at its middle, a line each; above it where it is too short for them. */
function wordsAlong(shapes: string, words: string[]): string {
  const points = [...(/ d="M([^"]*)"/.exec(shapes)?.[1] ?? '').matchAll(/(-?[\d.]+),(-?[\d.]+)/g)]
  // A start, then curves of three points each (https://www.w3.org/TR/SVG2/paths.html).
  const first = 3 * Math.floor((points.length - 1) / 6)
  const [a, b, c, d] = points.slice(first, first + 4).map(([, x, y]) => [Number(x), Number(y)] as const)
  if (!(a && b && c && d)) return ''
  const middle = (i: 0 | 1) => (a[i] + 3 * b[i] + 3 * c[i] + d[i]) / 8
  const [start, end] = [points[0]!, points.at(-1)!].map(([, x, y]) => [Number(x), Number(y)] as const)
  const [across, down] = [Math.abs(end![0] - start![0]), Math.abs(end![1] - start![1])]
  const widest = LETTER * Math.max(0, ...words.map(line => line.length))
  const isTooShort = down < LINE && across < widest
  const top = isTooShort
    ? middle(1) - CLEAR - (words.length - 1) * LINE
    : middle(1) - ((words.length - 1) * LINE) / 2 + LINE / 4
  return words
    .map(
      (line, i) =>
        html`<text text-anchor="middle" x="${middle(0).toFixed(1)}" y="${(top + i * LINE).toFixed(1)}">${line}</text>`,
    )
    .join('')
}

/** What a pointer that rests on an element reads. */
function titlesOf(chart: Chart, { after, states }: ChartWords): Map<string, string> {
  const titles = new Map<string, string>()
  for (const { path } of statesIn(chart.root).slice(1)) {
    const said = Object.hasOwn(states, path) ? states[path] : undefined
    titles.set(stateId(path), said === undefined ? path : `${path}: ${said}`)
  }
  for (const arrow of arrowsOf(chart)) {
    const [{ from, to }] = arrow as [ChartTransition & { to: string }]
    titles.set(
      arrowId(from, to),
      `${from} → ${to}: ${arrow.map(one => transitionWords(one, after)).join(', ')}`,
    )
  }
  return titles
}
