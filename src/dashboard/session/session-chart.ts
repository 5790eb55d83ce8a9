import { sessionMachine } from '../../../machines/session.machine.ts'
import { type Drawing, drawChart } from '../statechart/draw-chart.ts'
import { type Chart, chartOf, type Machine } from '../statechart/machine-graph.ts'

/** The chart of a session, drawn when the first asks for it and kept; without a drawing it is shown as a list, and the next to ask has it drawn. */
export function sessionChart(draw = drawChart): () => Promise<{ chart: Chart; drawing: Drawing | null }> {
  const chart = chartOf(sessionMachine as unknown as Machine)
  let drawing: Promise<Drawing | null> | undefined
  return async () => {
    drawing ??= draw(chart).catch(() => {
      drawing = undefined
      return null
    })
    return { chart, drawing: await drawing }
  }
}
