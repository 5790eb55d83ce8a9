import type { Answer } from '../../harness/manager-api.ts'

/** A session and the jid that it writes to. */
export interface Correspondence {
  number: string
  to: string
}

/** Every session sends so many texts over HTTP, one after the other; the ids that WhatsApp acked. Rejects unless each is a 200. */
export async function sendTexts(
  post: (body: object) => Promise<Answer>,
  correspondences: Correspondence[],
  each: number,
): Promise<string[]> {
  const ids: string[] = []
  const work = async ({ number, to }: Correspondence) => {
    for (let n = 0; n < each; n++)
      ids.push(await sentId(post, { session_id: number, wa_id: to, type: 'text', body: `text ${n}` }))
  }
  await Promise.all(correspondences.map(work))
  return ids
}

/** The id of one message that was taken with this status. Rejects for any other. */
export async function sentId(
  post: (body: object) => Promise<Answer>,
  request: object,
  expected: 200 | 202 = 200,
): Promise<string> {
  const { status, body } = await post(request)
  if (status !== expected) throw new Error(`a send was answered with ${status}: ${JSON.stringify(body)}`)
  return String(body.message_id)
}
