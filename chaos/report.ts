import type { Finding } from './compare-records.ts'

const TITLES = {
  in: 'WhatsApp to Laravel',
  out: 'Laravel to WhatsApp',
  both: 'both ends',
  sessions: 'sessions',
}

/** The table for people: what was counted, and whether it is what it must be. */
export function table(title: string, findings: Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length))
  const digits = Math.max(...findings.map(({ count }) => String(count).length), 4)
  const line = ({ name, count, wanted }: Finding) => {
    const verdict = wanted === null ? '' : count === wanted ? '  ok' : '  WRONG'
    return `  ${name.padEnd(width)}  ${String(count).padStart(digits)}${verdict}`
  }
  const part = (direction: Finding['direction']) => {
    const lines = findings.filter(finding => finding.direction === direction).map(line)
    return lines.length > 0 ? [TITLES[direction], ...lines] : []
  }
  const rule = '─'.repeat(width + digits + 12)
  return [title, rule, ...part('in'), ...part('out'), ...part('both'), ...part('sessions'), rule].join('\n')
}

/** What is known of each message that is not where it must be. */
export function troubles(findings: Finding[]): string {
  return findings
    .filter(({ count, wanted }) => wanted !== null && count !== wanted)
    .map(({ direction, name, details }) =>
      [`${TITLES[direction]}, ${name}:`, ...details.map(detail => `  ${detail}`)].join('\n'),
    )
    .join('\n')
}
