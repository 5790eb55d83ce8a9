/**
 * Prometheus' text as OpenMetrics 1.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/): a counter's family is named without the
 * suffix of its samples, no line is empty, and the end is marked. prom-client can do it, too, but renames its counters for good.
 */
export function toOpenMetrics(text: string): string {
  const lines = text.split('\n').filter(line => line !== '')
  const counters = new Set(lines.map(line => /^# TYPE (\w+)_total counter$/.exec(line)?.[1]))
  const named = lines.map(line =>
    line.replace(/^(# (?:HELP|TYPE) )(\w+)_total /, (whole, start, name) =>
      counters.has(name) ? `${start}${name} ` : whole,
    ),
  )
  return `${named.join('\n')}\n# EOF\n`
}
