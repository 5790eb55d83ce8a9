import { command } from '../../command-line/command.ts'
import { optionsOf } from '../../command-line/command-line.ts'
import { flag, textOr, wholeNumber } from '../../command-line/options.ts'
import { machine, nodeFlags, runBenchmark } from '../run-benchmark.ts'
import { measureNodes } from './measure-nodes.ts'
import { nodesTable } from './report-nodes.ts'

/** How fast one, two and more nodes open their sessions, and take over those of a node that is gone. */

const values = optionsOf(
  command({
    run: 'npm run bench:nodes',
    does: 'Nodes that share a PostgreSQL: how fast they open all sessions, and those of a node that is killed or stopped.',
    options: {
      sessions: wholeNumber('linked sessions', { default: 500, least: 2 }),
      nodes: wholeNumber('from one node to so many', { default: 3 }),
      'lease-ms': wholeNumber('how long a node may be silent before others take its sessions', {
        default: 15_000,
        least: 2_000,
        unit: 'ms',
      }),
      json: flag('figures instead of a table'),
      'node-flags': textOr('FLAGS', '', 'of Node, for every node'),
    },
    examples: [
      ['', 'the whole table; some minutes'],
      ['--sessions 20 --nodes 2 --lease-ms 4000', 'a quick look'],
    ],
    notes: 'Needs redis-server and PostgreSQL on this machine; both are started for the run alone.',
  }),
)

await runBenchmark(async (benchmark, progress) => {
  const options = { sessions: values.sessions, nodes: values.nodes, leaseMs: values['lease-ms'] }
  const environment = await benchmark.open(progress, nodeFlags(values['node-flags']), { probed: false })
  const [redis, postgres] = [await benchmark.openRedis(environment), await benchmark.openPostgres()]
  if (redis === null) throw new Error('redis-server is not in the PATH: apt-get install redis-server')
  if (postgres === null) throw new Error('PostgreSQL is not installed: apt-get install postgresql')
  const figures = await measureNodes(environment, { postgres, redis }, options)
  const title = `${values.sessions} sessions, ${machine()}, ${progress.seconds()} s`
  const json = { ...options, node: process.versions.node, figures }
  return {
    text: values.json ? JSON.stringify(json, null, 2) : nodesTable(title, figures, options.leaseMs),
    troubles: [],
  }
})
