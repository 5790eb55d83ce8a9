import type { Sample } from './samples.ts'
import type { Pair } from './world.ts'

/** A file that one session is to send to its contact. */
export interface Errand {
  pair: Pair
  sample: Sample
  url: string
}

/** A file that WhatsApp has acked, by the name of its sample. */
export interface Acked {
  id: string
  name: string
}

/** Every session runs its errands one after the other, all sessions at once. */
export async function runErrands(
  errands: Errand[],
  send: (errand: Errand) => Promise<string>,
): Promise<Acked[]> {
  const acked: Acked[] = []
  const work = async (own: Errand[]) => {
    for (const errand of own) acked.push({ id: await send(errand), name: errand.sample.name })
  }
  const sessions = Map.groupBy(errands, ({ pair }) => pair.number)
  await Promise.all([...sessions.values()].map(work))
  return acked
}
