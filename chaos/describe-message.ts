import type { Arrived, Post, Records, Said, Send } from './records.ts'

/** Sentences with all that was recorded of one message. */
export function describeMessages({ said, acknowledged, posts, arrived, processRuns }: Records) {
  const moment = (at: number) => {
    const clock = new Date(at).toISOString().slice(11, 23)
    const run = processRuns.find(({ from, to }) => at >= from && at <= to)
    if (run) return `${clock} in round ${run.round} (${run.end})`
    const before = processRuns.findLast(({ to }) => to < at)
    return before ? `${clock} after round ${before.round} (${before.end})` : clock
  }

  function historyOf(session: string, id: string): string {
    const line = said.find(one => one.session === session && one.id === id)
    const acks = acknowledged.filter(one => one.session === session && one.id === id)
    const tries = posts.filter(one => one.session === session && one.id === id)
    return [
      line ? `said by ${line.contact} in ${line.chat} as the ${line.n}. at ${moment(line.at)}` : 'never said',
      acks.length === 0
        ? 'never acknowledged'
        : acks.map(({ at, error }) => `acknowledged ${error ? `with error ${error} ` : ''}at ${moment(at)}`),
      tries.length === 0
        ? 'never posted'
        : tries.map(
            ({ at, webhookId, treatment }) => `posted as ${webhookId} at ${moment(at)}: ${treatment}`,
          ),
    ]
      .flat()
      .join('; ')
  }

  return {
    said: ({ session, id }: Said) => `${session} ${id}: ${historyOf(session, id)}`,
    post: ({ session, id, webhookId }: Post) => `${session} ${id} (${webhookId}): ${historyOf(session, id)}`,
    send(send: Send): string {
      const copies = arrived.filter(
        ({ text, contact }) => text === send.text && send.readers.includes(contact),
      )
      const came = copies.map(({ contact, id, at }) => `decrypted by ${contact} as ${id} at ${moment(at)}`)
      const asked = `asked at ${moment(send.at)} in ${send.requests} requests`
      const known = [asked, `answered "${send.outcome}"`, ...(came.length > 0 ? came : ['never decrypted'])]
      return `${send.session} ${send.id ?? send.key}: ${known.join('; ')}`
    },
    arrived: ({ session, contact, id, text, at }: Arrived) =>
      `${session} ${id}: "${text}" decrypted by ${contact} at ${moment(at)}`,
  }
}
