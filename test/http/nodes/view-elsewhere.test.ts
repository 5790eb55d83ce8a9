import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { viewElsewhere } from '../../../src/http/nodes/view-elsewhere.ts'

const PROOF: [string, string] = ['x-proof', 'shown']
const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** A node that answers by `answer`; resolves with its address. */
async function node(answer: (response: ServerResponse, request: IncomingMessage) => void): Promise<string> {
  const server = createServer((request, response) => answer(response, request))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/inspect?session_id=a`
}
const view = (url: string, stopped = new AbortController().signal) =>
  viewElsewhere(url, { headers: { 'x-token': 'ours' }, proof: PROOF, stopped })
const begin = (response: ServerResponse, status = 200) =>
  response.writeHead(status, { 'content-type': 'text/event-stream', [PROOF[0]]: PROOF[1] })

it('each message comes whole, however the bytes are cut, with the signs of life between them', async () => {
  const bytes = Buffer.from('retry: 2000\n\ndata: {"a":"señor"}\n\n:\n\ndata: {"b":2}\n\n')
  const url = await node(async (response, { headers }) => {
    expect(headers).toMatchObject({ 'x-token': 'ours', accept: 'text/event-stream' })
    begin(response)
    for (const byte of bytes) await new Promise<void>(sent => response.write(Buffer.of(byte), () => sent()))
    response.end()
  })
  const viewing = await view(url)
  const messages: (string | null)[] = []
  for await (const message of viewing.messages) messages.push(message)
  expect(messages).toEqual(['{"a":"señor"}', null, '{"b":2}'])
  expect(viewing.gone.reason).toBe('its node ended it')
})

it('whoever looks no more lets the other node go, and so does a stop', async () => {
  const closed: Promise<unknown>[] = []
  const url = await node(response => {
    begin(response).write('data: {}\n\n')
    closed.push(once(response, 'close'))
  })
  const stop = new AbortController()
  const [one, two] = [await view(url), await view(url, stop.signal)]
  for (const viewing of [one, two]) {
    const messages = viewing.messages[Symbol.asyncIterator]()
    expect(await messages.next()).toEqual({ value: '{}', done: false })
    if (viewing === one) one.end()
    else stop.abort()
    expect((await messages.next()).done).toBe(true)
  }
  expect([one.gone.reason, two.gone.reason]).toEqual(['closed', 'shutting down'])
  await Promise.all(closed)
  const late = await view(url, stop.signal)
  expect(late.gone.aborted).toBe(true)
})

it('a node that dies ends the view', async () => {
  const url = await node(response => {
    begin(response).write('data: {}\n\n', () => response.destroy())
  })
  const viewing = await view(url)
  const messages: (string | null)[] = []
  for await (const message of viewing.messages) messages.push(message)
  expect(messages).toEqual(['{}'])
  expect(viewing.gone.aborted).toBe(true)
})

it('too many viewers there are too many here, and whoever is no node of ours shows nothing', async () => {
  const full = await node(response =>
    begin(response, 429).end('{"success":false,"error":"TOO_MANY_REQUESTS","message":"20 look on."}'),
  )
  await expect(view(full)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS', message: '20 look on.' })
  const other = await node(response => void response.writeHead(200).end('data: {"secret":1}\n\n'))
  const broken = await node(response => begin(response, 500).end('not JSON'))
  for (const url of [other, broken, 'http://127.0.0.1:1/inspect'])
    await expect(view(url)).rejects.toMatchObject({ code: 'NOT_READY', retryAfterSeconds: 2 })
})
