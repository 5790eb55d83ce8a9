import { randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type AnyMessageContent, downloadMediaMessage, type WAMessage } from '@whiskeysockets/baileys'
import type { SampleFile } from '../traffic/sample-files.ts'

/** Files as a simple script would treat them: Baileys fetches and downloads, a folder keeps them, a small server hands them out. */
export async function serveReceivedFiles(dir: string) {
  const server = createServer(({ url = '/' }, response) => {
    pipeline(createReadStream(join(dir, basename(url))), response).catch(() => response.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    /** Downloads the file of a message; the URL under which others get it, or null without a file. */
    async keep(message: WAMessage): Promise<string | null> {
      if (!message.message?.imageMessage && !message.message?.videoMessage) return null
      const name = randomUUID()
      const stream = await downloadMediaMessage(message, 'stream', {})
      await pipeline(stream, createWriteStream(join(dir, name)))
      return `${base}/${name}`
    },
  }
}

export type PlainLoopFiles = Awaited<ReturnType<typeof serveReceivedFiles>>

export function contentOf({ kind }: SampleFile, url: string): AnyMessageContent {
  return kind === 'image' ? { image: { url } } : { video: { url } }
}
