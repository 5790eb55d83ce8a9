import { parentPort, workerData } from 'node:worker_threads'
import { instance } from '@viz-js/viz'

/** Draws a chart given in Graphviz' language, hands over the SVG and ends: what Graphviz took of memory ends with it. */
const viz = await instance()
parentPort!.postMessage(viz.renderString(workerData as string, { format: 'svg' }))
