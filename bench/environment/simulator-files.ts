import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { now } from '../../harness/now.ts'
import type { Commands } from '../../harness/rpc.ts'
import type { InboxMessage } from '../../simulator/phones/contact-state.ts'
import type { Simulator } from '../../simulator/simulator.ts'
import type { Pair } from '../traffic/pair.ts'
import { loadSamples, type SampleFile, type SampleFiles } from '../traffic/sample-files.ts'

/** A file that a contact has sent; `at` is when its message was on the socket, in ms. */
export interface SaidFile {
  id: string
  name: string
  at: number
}

/** Contacts that send files and fetch those they got; part of the simulator's program. */
export function fileCommands(simulator: Simulator) {
  let samples: Promise<SampleFiles> | null = null
  const inbox = new Map<string, { contact: string; message: InboxMessage }>()
  simulator.on('message', got => inbox.set(got.message.id, got))

  async function say({ contact, number }: Pair, sample: SampleFile): Promise<SaidFile> {
    samples ??= loadSamples()
    const bytes = Buffer.concat([...(await samples).bytes(sample)])
    const content = sample.kind === 'image' ? { image: bytes } : { video: bytes }
    const { id } = await simulator.contact(contact).say(number, content)
    return { id, name: sample.name, at: now() }
  }

  return {
    /** Contacts send files to their numbers in turn, so many a second. */
    async sendFiles(pairs: Pair[], files: SampleFile[], perSecond: number): Promise<SaidFile[]> {
      const begun = now()
      const said: Promise<SaidFile>[] = []
      for (const [n, sample] of files.entries()) {
        await pause(Math.max(0, begun + (n * 1000) / perSecond - now()))
        said.push(say(pairs[n % pairs.length]!, sample))
      }
      return Promise.all(said)
    },

    /** The hexadecimal SHA-256 of the file in each message that a contact got, or why it has none. */
    async hashes(ids: string[]): Promise<string[]> {
      const hashes: string[] = []
      for (const id of ids) {
        const got = inbox.get(id)
        inbox.delete(id)
        hashes.push(got ? await hash(got.contact, got.message) : 'no contact got the message')
      }
      return hashes
    },
  } satisfies Commands

  async function hash(contact: string, message: InboxMessage): Promise<string> {
    try {
      const bytes = await simulator.contact(contact).download(message)
      return createHash('sha256').update(bytes).digest('hex')
    } catch (error) {
      return String(error)
    }
  }
}
