import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { Wire } from '../../harness/wire.ts'

let server: Server
let wire: Wire
let port: number
beforeAll(async () => {
  server = createServer(socket => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  wire = new Wire(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`)
  port = await wire.listen()
})
afterAll(async () => {
  await wire.close()
  server.close()
})

function dial() {
  const socket: Socket = connect(port, '127.0.0.1').setEncoding('utf8')
  const heard: string[] = []
  socket.on('data', text => heard.push(String(text))).on('error', () => {})
  return { socket, heard: () => heard.join('') }
}

it('carries what is said, both ways, and its end', async () => {
  const { socket, heard } = dial()
  const long = 'long '.repeat(100_000)
  socket.end(long)
  await once(socket, 'close')
  expect(heard()).toBe(long)
})

it('that is held lets nothing through, and tells nobody; what was said arrives when it is well again', async () => {
  const before = dial()
  before.socket.write('one,')
  await vi.waitFor(() => expect(before.heard()).toBe('one,'))
  wire.set('held')
  const meanwhile = dial()
  await once(meanwhile.socket, 'connect')
  before.socket.write('two')
  meanwhile.socket.write('three')
  // Whoever is well hears by then.
  const witness = connect((server.address() as AddressInfo).port, '127.0.0.1')
  witness.write('x')
  await once(witness, 'data')
  witness.destroy()
  expect([before.heard(), meanwhile.heard()]).toEqual(['one,', ''])
  wire.set('well')
  await vi.waitFor(() => expect([before.heard(), meanwhile.heard()]).toEqual(['one,two', 'three']))
  for (const { socket } of [before, meanwhile]) socket.destroy()
})

it('that is cut ends all, and lets nobody in', async () => {
  const { socket } = dial()
  await once(socket, 'connect')
  socket.write('x')
  await once(socket, 'data')
  wire.set('cut')
  await once(socket, 'close')
  const next = dial()
  await once(next.socket, 'close')
  expect(next.heard()).toBe('')
  wire.set('well')
  const last = dial()
  last.socket.write('again')
  await once(last.socket, 'data')
  last.socket.destroy()
})

it('that leads elsewhere ends the connections that there are, and leads new ones there', async () => {
  const other = createServer(socket => socket.on('error', () => {}).end('other')).listen(0, '127.0.0.1')
  await once(other, 'listening')
  const before = dial()
  before.socket.write('one')
  await vi.waitFor(() => expect(before.heard()).toBe('one'))
  wire.lead(`tcp://127.0.0.1:${(other.address() as AddressInfo).port}`)
  await once(before.socket, 'close')
  const after = dial()
  await vi.waitFor(() => expect(after.heard()).toBe('other'))
  other.close()
})
