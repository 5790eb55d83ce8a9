import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Stands for an OpenTelemetry collector: it takes spans, and forgets them. */
export class Collector {
  /** Where spans are posted to. */
  url = ''
  /** Posts that came. */
  posts = 0
  readonly #server = createServer((request, response) => {
    this.posts++
    request.resume().once('end', () => response.setHeader('content-type', 'application/x-protobuf').end())
  })

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1/traces`
    return this
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}
