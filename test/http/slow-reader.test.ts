import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { expect, it, vi } from 'vitest'
import { createTestHttp } from './fakes.ts'

it('a caller that reads nothing of what it asked for is sent away', async () => {
  let stream: Readable | undefined
  const { http } = createTestHttp({
    silenceMs: 200,
    mediaServer: {
      checkLink: () => 'valid',
      async serve() {
        stream = Readable.from(
          (function* () {
            for (;;) yield Buffer.alloc(65_536)
          })(),
        )
        return { status: 200, headers: {}, stream }
      },
    },
  })
  const { port } = await http.listen()
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.pause()
  socket.write(`GET /media/${'a'.repeat(64)} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  await vi.waitFor(() => expect(stream?.destroyed).toBe(true), { timeout: 5_000 })
  socket.destroy()
  await http.close()
})
