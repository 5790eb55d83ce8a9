import { describe, expect, it } from 'vitest'
import { watchKillPoints } from '../../chaos/kill-points.ts'
import type { LaravelClient } from '../../src/laravel/client.ts'
import type { Store, Write } from '../../src/ports/store.ts'
import type { SocketOwner, WhatsApp, WhatsAppSocket } from '../../src/ports/whatsapp.ts'

const row = { hash: 'h', plaintext: new Uint8Array([1]), stanza: '{}', at: 1 }
const decrypted: Write = {
  streamId: 's',
  epoch: 1,
  keys: [{ type: 'session', id: 'x', value: new Uint8Array([2]) }],
  inbox: [{ put: row }],
}

/** Parts that write down what they do between the points. */
async function parts() {
  const steps: string[] = []
  const points = watchKillPoints(point => void steps.push(point))
  const commit = async (write: Write) => {
    steps.push('commit handed over')
    await Promise.resolve()
    steps.push(`committed ${write.inbox?.length ?? 'nothing'}`)
  }
  const store = points.store!({ commit } as Partial<Store> as Store)
  let owner: SocketOwner | null = null
  const whatsapp = points.whatsapp!({
    open: async (given: SocketOwner) => {
      owner = given
      return {
        send: async () => void steps.push('written'),
        logout() {},
        end: async () => {},
      } as Partial<WhatsAppSocket> as WhatsAppSocket
    },
  } as Partial<WhatsApp> as WhatsApp)
  const laravel = points.laravel!({
    deliver: async (kind: string) => {
      steps.push(`posted ${kind}`)
      return { result: 'accepted' }
    },
  } as Partial<LaravelClient> as LaravelClient)
  const socket = await whatsapp.open(
    { received: async () => void steps.push('received') } as Partial<SocketOwner> as SocketOwner,
    new AbortController().signal,
  )
  return { steps, store, socket: socket!, laravel, owner: owner as unknown as SocketOwner }
}

describe('the kill points', () => {
  it('lie around the commit of what was decrypted, and of nothing else', async () => {
    const { steps, store } = await parts()
    await store.commit({ streamId: 's', epoch: 1, inbox: [{ done: 'h' }] })
    expect(steps.splice(0)).toEqual(['commit handed over', 'committed 1'])
    await store.commit(decrypted).then(() => steps.push('answered'))
    expect(steps).toEqual(['before-commit', 'commit handed over', 'committed 1', 'after-commit', 'answered'])
  })

  it('lie before anything of a message is handed to its owner', async () => {
    const { steps, owner } = await parts()
    await owner.received([])
    expect(steps).toEqual(['before-upsert', 'received'])
  })

  it('lie behind the write of a send', async () => {
    const { steps, socket } = await parts()
    await socket.send('id', { type: 'text', to: 'x', body: 'y' } as never).then(() => steps.push('answered'))
    expect(steps).toEqual(['written', 'after-write', 'answered'])
  })

  it('lie around the POST of a message, and of nothing else', async () => {
    const { steps, laravel } = await parts()
    await laravel.deliver('status', 'w', {})
    expect(steps.splice(0)).toEqual(['posted status'])
    await laravel.deliver('messages', 'w', {}).then(() => steps.push('answered'))
    expect(steps).toEqual(['before-post', 'posted messages', 'after-post', 'answered'])
  })

  it('are not reached by a commit that fails', async () => {
    const steps: string[] = []
    const { store } = watchKillPoints(point => void steps.push(point))
    const full = store!({ commit: () => Promise.reject(new Error('full')) } as Partial<Store> as Store)
    await expect(full.commit(decrypted)).rejects.toThrow('full')
    expect(steps).toEqual(['before-commit'])
  })
})
