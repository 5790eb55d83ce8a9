import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import type { SampleFile, SampleFiles } from '../traffic/sample-files.ts'

const TYPES = { image: 'image/jpeg', video: 'video/mp4' }

/** The web server of whoever sends files: `/image/NAME?size=BYTES` and `/video/…`, made up while they are read. */
export class FileServer {
  #base = ''
  readonly #server: Server

  constructor(samples: SampleFiles) {
    this.#server = createServer(({ url = '/' }, response) => {
      const sample = sampleAt(url)
      response.writeHead(200, { 'content-type': TYPES[sample.kind], 'content-length': sample.size })
      Readable.from(samples.bytes(sample)).pipe(response)
    })
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#base = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  urlOf({ kind, name, size }: SampleFile): string {
    return `${this.#base}/${kind}/${name}?size=${size}`
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

function sampleAt(url: string): SampleFile {
  const { pathname, searchParams } = new URL(url, 'http://127.0.0.1')
  const [, kind, name = ''] = pathname.split('/')
  return { kind: kind === 'video' ? kind : 'image', name, size: Number(searchParams.get('size')) }
}
