/** What the manager showed with so many sessions. */
export interface CeilingStep {
  sessions: number
  messagesPerSecond: number
  /** How late its event loop was in 99 of 100 looks, in ms. */
  loopP99: number
  /** Of the whole process, in bytes. */
  rss: number
  /** Of all its threads, in cores. */
  cores: number
  /** For each message, idling included, in ms. */
  cpuPerMessage: number
  /** From the socket to the POST, in ms. */
  inboundP99: number
  /** From the request to WhatsApp's ack, in ms. */
  sentP99: number
}

export interface CeilingLimits {
  loopMs: number
  rssMb: number
  most: number
}

const MB = 1024 * 1024

/** Why there is no next step, in words; null while there is one. */
export function endOf(
  { sessions, loopP99, rss }: CeilingStep,
  { loopMs, rssMb, most }: CeilingLimits,
): string | null {
  if (loopP99 > loopMs) return `its event loop was more than ${loopMs} ms late (p99 ${loopP99.toFixed(0)} ms)`
  if (rss > rssMb * MB) return `it held more than ${rssMb} MB (${(rss / MB).toFixed(0)} MB)`
  if (sessions >= most) return `no more than ${most} were asked for`
  return null
}

const HEAD = ['sessions', 'messages/s', 'loop p99', 'RSS MB', 'cores', 'CPU ms each', 'in p99', 'sent p99']
const WIDTH = 11

const cells = (texts: string[]) => texts.map(text => text.padStart(WIDTH)).join('')

export const ceilingHead = (): string => cells(HEAD)

export function ceilingLine(step: CeilingStep): string {
  return cells([
    String(step.sessions),
    step.messagesPerSecond.toFixed(1),
    step.loopP99.toFixed(1),
    (step.rss / MB).toFixed(0),
    step.cores.toFixed(2),
    step.cpuPerMessage.toFixed(1),
    step.inboundP99.toFixed(0),
    step.sentP99.toFixed(0),
  ])
}

/** The table for people; the sentence below says which step was the last that held. */
export function ceilingTable(title: string, steps: CeilingStep[], limits: CeilingLimits): string {
  const last = steps.at(-1)!
  const end = endOf(last, limits)
  const held = steps
    .filter(step => endOf(step, { ...limits, most: Number.POSITIVE_INFINITY }) === null)
    .at(-1)
  return [
    title,
    ceilingHead(),
    ...steps.map(ceilingLine),
    `ended with ${last.sessions} sessions: ${end}; ${held ? `${held.sessions} sessions were carried` : 'no step was carried'}`,
  ].join('\n')
}
