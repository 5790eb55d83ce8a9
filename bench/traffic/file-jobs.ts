import type { Pair } from './pair.ts'
import type { SampleFile } from './sample-files.ts'

/** A file that one session is to send to its contact. */
export interface FileJob {
  pair: Pair
  sample: SampleFile
  url: string
}

/** A file that WhatsApp has acked, by the name of its sample. */
export interface AckedFile {
  id: string
  name: string
}

/** Every session does its file jobs one after the other, all sessions at once. */
export async function runFileJobs(
  jobs: FileJob[],
  send: (job: FileJob) => Promise<string>,
): Promise<AckedFile[]> {
  const acked: AckedFile[] = []
  const work = async (own: FileJob[]) => {
    for (const job of own) acked.push({ id: await send(job), name: job.sample.name })
  }
  const sessions = Map.groupBy(jobs, ({ pair }) => pair.number)
  await Promise.all([...sessions.values()].map(work))
  return acked
}
