import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Takes sends over HTTP, `{session_id, wa_id, body}`, and answers with `message_id` once they are done; resolves with its URL. */
export async function serveSends(
  send: (number: string, to: string, text: string) => Promise<string>,
): Promise<string> {
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const { session_id, wa_id, body } = JSON.parse(Buffer.concat(parts).toString('utf8'))
    const [status, answer] = await send(session_id, wa_id, body).then(
      id => [200, { success: true, message_id: id, status: 'sent' }] as const,
      error => [500, { success: false, message: String(error) }] as const,
    )
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
