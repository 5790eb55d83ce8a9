import type { ServerResponse } from 'node:http'
import { type Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { releaseBuffer } from '../base/release-buffer.ts'

/**
 * Writes a stream of files' own pieces to a response whose head is written, and gives each back once it has left: as a web stream
 * they would be garbage that waits. Resolves when all has left or nobody takes it any more; never rejects.
 */
export async function streamFile(stream: Readable, response: ServerResponse): Promise<void> {
  if (response.destroyed) return void stream.destroy()
  const sink = new Writable({
    write: (piece: Buffer, _, done) => {
      response.write(piece, error => {
        if (!error) releaseBuffer(piece)
        done(error)
      })
    },
    final: done => void response.end(done),
  })
  response.once('close', () => sink.destroy())
  try {
    await pipeline(stream, sink)
  } catch {
    // The caller went away, or the file cannot be read: a body that is too short says so.
    response.destroy()
  }
}
