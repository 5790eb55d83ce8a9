import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { adminRoutes } from '../../../simulator/admin/server.ts'
import { ON_SOCKET } from '../../../simulator/faults/on-sockets.ts'
import type { PARAMETERS } from '../../../simulator/faults/parameters.ts'
import { checkFault, listFaults } from '../../../simulator/faults/schema.ts'
import { FAULT_KINDS, type FaultKind, rowOf } from '../../../simulator/faults/table.ts'
import { Simulator } from '../../../simulator/simulator.ts'

const EXAMPLES: Record<keyof typeof PARAMETERS, unknown> = {
  for: 1000,
  times: 2,
  status: 503,
  child: 'conflict',
  expire: 60,
  delay: 100,
  bytes: 3,
  chats: 'kept',
  code: '463',
  backoff: 2,
  query: 'encrypt/key',
  answer: { error: '429' },
  change: 'removed',
  count: 0,
}

const whole = (kind: FaultKind) => Object.fromEntries(rowOf(kind).takes.map(name => [name, EXAMPLES[name]]))

const address = { url: '', port: 0, rootKey: '', mediaHost: '', mediaCa: '' }
function admin(seed = '5') {
  const app = adminRoutes(new Simulator({ seed }), address)
  return async (method: string, path: string, body?: unknown) => {
    const answer = await app.request(path, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, json: text ? JSON.parse(text) : null }
  }
}

describe('every kind of fault', () => {
  const call = admin()

  it.each(FAULT_KINDS)('%s takes what it says over HTTP and refuses everything else with 400', async kind => {
    expect(await call('POST', '/faults', { kind, ...whole(kind) })).toEqual({
      status: 200,
      json: { struck: 0 },
    })
    const strange = await call('POST', '/faults', { kind, ...whole(kind), teaBreak: true })
    expect(strange.status).toBe(400)
    expect(strange.json.error).toMatch(/teaBreak/)
    for (const name of Object.keys(EXAMPLES) as (keyof typeof EXAMPLES)[]) {
      if (rowOf(kind).takes.includes(name)) continue
      const more = await call('POST', '/faults', { kind, ...whole(kind), [name]: EXAMPLES[name] })
      expect(more.status, name).toBe(400)
    }
    for (const name of rowOf(kind).needs ?? []) {
      const { [name]: _, ...rest } = whole(kind)
      const less = await call('POST', '/faults', { kind, ...rest })
      expect(less, name).toMatchObject({ status: 400, json: { error: expect.stringContaining(name) } })
    }
    expect((await call('DELETE', `/faults?kind=${kind}`)).status).toBe(204)
    expect((await call('GET', '/faults')).json.waiting).toEqual([])
  })

  it.each(FAULT_KINDS)('%s means a device, an account or all, as far as its table says', async kind => {
    const some = [{ device: '34600000001:1@s.whatsapp.net' }, { account: '34600000001' }, { share: 0.5 }]
    for (const selection of some) {
      const { status } = await call('POST', '/faults', { kind, ...whole(kind), ...selection })
      expect(status, JSON.stringify(selection)).toBe(rowOf(kind).namesNobody ? 400 : 200)
    }
    await call('DELETE', '/faults')
  })

  it('does something: to sockets, or where it is taken', async () => {
    const { readdirSync, readFileSync } = await import('node:fs')
    const sources = readdirSync('simulator', { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.ts'))
      .map(name => readFileSync(`simulator/${name}`, 'utf8'))
    const taken = (kind: string) => sources.some(text => text.includes(`take('${kind}'`))
    const idle = FAULT_KINDS.filter(kind => !(kind in ON_SOCKET) && !taken(kind) && kind !== 'pre-key-low')
    expect(idle).toEqual([])
  })
})

describe('a bad fault', () => {
  const bad: [object, RegExp][] = [
    [{}, /kind/],
    [{ kind: 'tea-break' }, /kind/],
    [{ kind: 'close', device: 'x' }, /jid of a linked device/],
    [{ kind: 'close', account: '+34 600' }, /phone number in digits/],
    [{ kind: 'close', account: '34600000001', device: '34600000001:1@lid' }, /a device or an account/],
    [{ kind: 'close', share: 0 }, /share/],
    [{ kind: 'close', share: 1.5 }, /share/],
    [{ kind: 'failure', status: 99 }, /status/],
    [{ kind: 'failure', times: 0 }, /times/],
    [{ kind: 'failure', for: -1 }, /for/],
    [{ kind: 'silence', for: Number.POSITIVE_INFINITY }, /for/],
    [{ kind: 'slow-login' }, /delay/],
    [{ kind: 'error-ack', code: 463 }, /code/],
    [{ kind: 'unanswered', query: 'a/b/c' }, /query/],
    [{ kind: 'split', bytes: 0 }, /bytes/],
  ]
  it.each(bad)('%j is refused by name', (fault, sentence) => {
    const error = (() => {
      try {
        checkFault(fault)
        return ''
      } catch (thrown) {
        return z.prettifyError(thrown as z.ZodError)
      }
    })()
    expect(error).toMatch(sentence)
  })

  it('is 400 over HTTP also when it is no object, and strikes nobody', async () => {
    const call = admin()
    for (const body of [null, 3, 'close', [], ['close'], {}]) {
      const { status, json } = await call('POST', '/faults', body)
      expect(status, JSON.stringify(body)).toBe(400)
      expect(json.error).toBeTruthy()
    }
    expect((await call('DELETE', '/faults?kind=tea-break')).status).toBe(400)
  })

  it('is refused by the library, too', async () => {
    const simulator = new Simulator()
    await expect(simulator.fault({ kind: 'close', for: 5 })).rejects.toThrow(/for/)
    expect(() => simulator.errorAck('34600000001', 'soon')).toThrow(/code/)
  })
})

describe('GET /faults', () => {
  it('lists every kind with what it does, whom it can mean and what it takes, the seed and what waits', async () => {
    const call = admin('41')
    await call('POST', '/faults', { kind: 'drop-ack', account: '34600000001', times: 3 })
    const { json } = await call('GET', '/faults')
    expect(json.seed).toBe('41')
    expect(json.waiting).toEqual([{ kind: 'drop-ack', account: '34600000001', times: 3 }])
    expect(json.kinds.map(({ kind }: { kind: string }) => kind)).toEqual(FAULT_KINDS)
    for (const { about, scope, parameters } of listFaults()) {
      expect(about).toMatch(/\.$/)
      expect(scope).toContain('all')
      for (const parameter of Object.values(parameters)) expect(parameter.about).toBeTruthy()
    }
    expect(
      json.kinds.find(({ kind }: { kind: string }) => kind === 'error-ack').parameters.code,
    ).toMatchObject({
      required: true,
      schema: { type: 'string' },
    })
  })
})
