import { fork } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { type Commands, Remote } from '../../harness/rpc.ts'

const children: ReturnType<typeof fork>[] = []

function start(): Remote<Commands & { double(n: number): number; fail(): void; leave(): void }> {
  const child = fork('test/harness/offering.ts', { serialization: 'advanced' })
  children.push(child)
  return new Remote(child, 'the child')
}

afterEach(async () => {
  for (const child of children.splice(0)) {
    const gone = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null
    child.kill('SIGKILL')
    await gone
  }
})

describe('calls to a child', () => {
  it('give each caller the answer to its own call', async () => {
    const remote = start()
    const answers = await Promise.all([1, 2, 3].map(n => remote.call('double', n)))
    expect(answers).toEqual([2, 4, 6])
  })

  it('reject when the command does, and say whose', async () => {
    await expect(start().call('fail')).rejects.toThrow('the child: Error: no')
  })

  it('reject when the child ends before it answers, and afterwards', async () => {
    const remote = start()
    await expect(remote.call('leave')).rejects.toThrow('the child ended (3)')
    await expect(remote.call('double', 1)).rejects.toThrow('the child does not listen any more')
  })
})
