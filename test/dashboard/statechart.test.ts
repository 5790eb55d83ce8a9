import { describe, expect, it } from 'vitest'
import { getNextSnapshot } from 'xstate'
import { sessionMachine } from '../../machines/session.machine.ts'
import { dottedState } from '../../machines/session.state.ts'
import { supervisorMachine } from '../../machines/supervisor.machine.ts'
import { sessionChart } from '../../src/dashboard/session/session-chart.ts'
import { drawChart } from '../../src/dashboard/statechart/draw-chart.ts'
import {
  chartOf,
  type Machine,
  statesIn,
  transitionWords,
} from '../../src/dashboard/statechart/machine-graph.ts'
import { arrowId, arrowsOf, initialId, nameId, stateId } from '../../src/dashboard/statechart/to-dot.ts'
import { lineage, litFor, takenBy } from '../../src/dashboard/statechart/ways.ts'
import { stateNodes } from '../machines/probe.ts'
import { facts, reached, start } from '../machines/reached.ts'

const chart = chartOf(sessionMachine as unknown as Machine)
const machine = sessionMachine.provide({ guards: { isThrottled: () => false } }) as typeof sessionMachine
const words = { after: 'tras {timer}', states: { open: 'Está conectada.' } }
const drawing = await drawChart(chart)
const inner = drawing.inner(words)

const unescaped = (text: string) =>
  text
    .replaceAll('&gt;', '>')
    .replaceAll('&lt;', '<')
    .replaceAll('&#45;', '-')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')

/** The elements of the drawing with what is written in them. */
const drawn = [...inner.matchAll(/<g id="([^"]+)"[^>]*>([\s\S]*?)<\/g>/g)].map(([, id, inside]) => ({
  id: unescaped(id!),
  texts: [...inside!.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => unescaped(text!)),
}))
const idsOf = (prefix: string) =>
  drawn
    .map(({ id }) => id)
    .filter(id => id.startsWith(prefix))
    .toSorted()

describe('The drawn statechart', () => {
  it('has each state once, with its name', () => {
    const states = statesIn(chart.root).slice(1)
    expect(states).toHaveLength(stateNodes.length - 1)
    expect(idsOf('state:')).toEqual(states.map(({ path }) => stateId(path)).toSorted())
    for (const { path, key, initial } of states) {
      const named = drawn.find(({ id }) => id === (initial === null ? stateId(path) : nameId(path)))
      expect(named?.texts).toEqual([key])
    }
    expect(idsOf('initial:')).toEqual(
      states
        .filter(({ initial }) => initial !== null)
        .map(({ path }) => initialId(path))
        .toSorted(),
    )
  })

  it('has each arrow once, with the words of each of its transitions', () => {
    const moves = chart.transitions.filter(({ from, to }) => from !== '' && to !== null)
    expect(idsOf('arrow:')).toEqual([...new Set(moves.map(({ from, to }) => arrowId(from, to!)))].toSorted())
    for (const arrow of arrowsOf(chart)) {
      const [{ from, to }] = arrow as [(typeof moves)[number]]
      expect(drawn.find(({ id }) => id === arrowId(from, to!))!.texts).toEqual(
        arrow.map(one => transitionWords(one, words.after)),
      )
    }
    const lines = drawn.filter(({ id }) => id.startsWith('arrow:')).flatMap(({ texts }) => texts)
    expect(lines).toHaveLength(moves.length)
  })

  it('brings no style, no colour, no font and no script of its own', () => {
    expect(inner).not.toMatch(/style=|fill=|stroke=|font-|<script|on\w+=|xlink|href/)
    expect(inner.match(/id="/g)).toHaveLength(new Set(inner.match(/id="[^"]*"/g)).size)
  })

  it('says what rests under a pointer in the words of the reader, and none of the machine', () => {
    const titles = [...inner.matchAll(/<title>([^<]*)<\/title>/g)].map(([, text]) => unescaped(text!))
    expect(titles).toContain('open: Está conectada.')
    expect(titles).toContain('reconnecting')
    expect(titles.filter(title => title.includes('tras settle'))).toHaveLength(1)
    expect(titles.join()).not.toMatch(/\bafter\b|It lost/)
  })

  it('can be drawn of another machine too', async () => {
    const other = chartOf(supervisorMachine as unknown as Machine)
    const drawn = (await drawChart(other)).inner(words)
    for (const { path } of statesIn(other.root).slice(1)) expect(drawn).toContain(`id="${stateId(path)}"`)
  })
})

describe('The transitions of the machine', () => {
  it('are all in the list, each once', () => {
    const count = stateNodes.reduce(
      (sum, { transitions }) => sum + [...transitions.values()].flat().length,
      0,
    )
    expect(chart.transitions).toHaveLength(count)
    expect(chart.transitions.filter(({ event }) => event.startsWith('xstate.'))).toEqual([])
  })
})

describe('What is lit', () => {
  it('is the state, those around it, and the ways on from here', () => {
    const { here, around, ways } = litFor(chart, {
      from: null,
      state: 'awaitingQr.shown.ready',
      type: 'session.created',
    })
    expect(here).toEqual(['state:awaitingQr.shown.ready'])
    expect(around).toEqual([
      ...['state:awaitingQr.shown', 'name:awaitingQr.shown', 'state:awaitingQr', 'name:awaitingQr'],
    ])
    expect(ways).toContain('arrow:awaitingQr.shown.ready>awaitingQr.verifying')
    expect(ways).toContain('arrow:awaitingQr>open')
    expect(ways).not.toContain('arrow:starting>open')
    expect(lineage('a.b.c')).toEqual(['a.b.c', 'a.b', 'a', ''])
  })

  it('is the last step, down to where the entered state begins', () => {
    const step = { from: 'starting.connecting', state: 'open.settling', type: 'socket.opened' }
    expect(litFor(chart, step)).toMatchObject({
      before: ['state:starting.connecting'],
      last: ['arrow:starting>open', 'initial:open'],
    })
    const timer = 'xstate.after.settle.session.open.settling'
    expect(litFor(chart, { from: 'open.settling', state: 'open.settled', type: timer }).last).toEqual([
      'arrow:open.settling>open.settled',
    ])
  })

  it('is there for every step that the machine can take', () => {
    const steps = new Set<string>()
    const some = [...Map.groupBy(reached, ({ leaf }) => leaf).values()].flatMap(all => all.slice(0, 5))
    const timers = stateNodes.flatMap(({ transitions }) =>
      [...transitions.keys()].filter(type => type.startsWith('xstate.after')),
    )
    const events = [...Object.values(facts).flat(), ...timers.map(type => ({ type }))]
    for (const { leaf: from, snapshot } of some)
      for (const event of events) {
        const { type } = event
        const next = getNextSnapshot(machine, snapshot, { ...event, at: start } as never)
        const state = dottedState(next.value)
        if (state === from || next.status === 'error') continue
        steps.add(`${from} -${type}-> ${state}`)
        expect(takenBy(chart, { from, state, type }), `${from} -${type}-> ${state}`).not.toEqual([])
      }
    expect(steps.size).toBeGreaterThan(100)
  })

  it('names only what is drawn', () => {
    const ids = new Set(drawn.map(({ id }) => id))
    for (const { path } of statesIn(chart.root).slice(1))
      for (const [, lit] of Object.entries(
        litFor(chart, { from: 'open.settled', state: path, type: 'socket.closed' }),
      ))
        for (const id of lit) expect(ids).toContain(id)
  })
})

it('is drawn again for the next one when it could not be drawn, and once when it could', async () => {
  let drawn = 0
  const chartNow = sessionChart(async () => {
    if (++drawn === 1) throw new Error('no memory')
    return drawing
  })
  expect((await chartNow()).drawing).toBeNull()
  expect((await chartNow()).drawing).toBe(drawing)
  await chartNow()
  expect(drawn).toBe(2)
})
