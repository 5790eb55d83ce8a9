import type { NodesFigures } from './measure-nodes.ts'

const HEADS = [
  'nodes',
  'all open after a start',
  'opens a second',
  'kill -9: open elsewhere after',
  'SIGTERM: open elsewhere after',
]

const seconds = (ms: number | null, moved: number) =>
  ms === null ? '' : `${(ms / 1000).toFixed(1)} s (${moved} sessions)`

/** A row for each number of nodes, for people. */
export function nodesTable(title: string, figures: readonly NodesFigures[], leaseMs: number): string {
  const rows = figures.map(({ nodes, sessions, startToOpen, killedToOpen, handedOver, moved }) => [
    String(nodes),
    `${(startToOpen / 1000).toFixed(1)} s`,
    ((sessions * 1000) / startToOpen).toFixed(0),
    seconds(killedToOpen, moved.killed),
    seconds(handedOver, moved.handedOver),
  ])
  const widths = HEADS.map((head, i) => Math.max(head.length, ...rows.map(row => row[i]!.length)))
  const line = (cells: string[]) => cells.map((cell, i) => cell.padStart(widths[i]!)).join('  ')
  const rule = '─'.repeat(line(HEADS).length)
  return [
    title,
    rule,
    line(HEADS),
    ...rows.map(line),
    rule,
    `a lease lasts ${leaseMs / 1000} s: whoever is killed keeps its sessions for as long, whoever hands over for no longer than it takes`,
    'all nodes, PostgreSQL, Redis and the simulated WhatsApp share this machine: more nodes than cores only share them',
  ].join('\n')
}
