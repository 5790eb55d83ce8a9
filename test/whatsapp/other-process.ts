import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, vi } from 'vitest'
import { type Owner, WAIT, type World } from './world.ts'

export type OtherProcess = Awaited<ReturnType<OtherProcesses['start']>>

/** Other processes that have the session and the store for a while, to be killed. */
export class OtherProcesses {
  readonly #world: World
  readonly #owner: Owner
  readonly #children: ChildProcess[] = []

  constructor(world: World, owner: Owner) {
    this.#world = world
    this.#owner = owner
  }

  /** `forgetful` takes messages and never stores them; `storing` does, and says something of its own in `group` all the time. */
  async start(mode: 'forgetful' | 'storing', group = '') {
    const { dataDir, url, rootKey } = this.#world
    await this.#world.giveAway()
    const script = fileURLToPath(new URL('./child.ts', import.meta.url))
    const child = spawn(
      process.execPath,
      [script, dataDir, url, rootKey, this.#owner.sessionId, mode, group],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    )
    this.#children.push(child)
    const lines: string[] = []
    createInterface({ input: child.stdout! }).on('line', line => lines.push(line))
    const said = (line: string) => vi.waitFor(() => expect(lines).toContain(line), WAIT)
    await said('socket.opened')
    return {
      lines,
      said,
      /** Ends it without a chance to do anything, and takes the store back. */
      kill: async () => {
        const ended = once(child, 'exit')
        child.kill('SIGKILL')
        await ended
        await this.#world.takeBack()
      },
    }
  }

  end(): void {
    for (const child of this.#children) child.kill('SIGKILL')
  }

  /** What the product does at start, and then everything that WhatsApp still has. */
  async restart(recover = true): Promise<void> {
    const { sim, whatsApp } = this.#world
    const owner = this.#owner
    if (recover) await owner.received(await whatsApp.recover(owner.streamId))
    await owner.opened()
    await sim.contact('34611000099').say(owner.sessionId.slice(1), 'last')
    await vi.waitFor(() => expect(owner.received_.at(-1)?.message.body).toBe('last'), WAIT)
  }

  acknowledged(id: string): boolean {
    return this.#world.sim.ledger.acknowledged.some(entry => entry.id === id)
  }

  async nothingIsLeft(): Promise<void> {
    const { ledger } = this.#world.sim
    expect(await this.#owner.unfinished()).toBe(0)
    expect(ledger.undecryptable).toEqual([])
    expect(ledger.unanswered).toEqual([])
    expect(this.#world.sim.phone(this.#owner.sessionId.slice(1)).devices[0]!.pending).toBe(0)
  }

  /** The bodies of all messages in the log, in its order. */
  async inLog(): Promise<(string | null)[]> {
    const { store } = this.#world
    const { streamId } = this.#owner
    const rows = await store.log.after(streamId, 0, 100_000)
    const bodies: (string | null)[] = []
    for (const { type, data } of rows) {
      if (type !== 'message.received') continue
      const { content } = (await store.messages.find(streamId, String(data.messageId)))!
      bodies.push('body' in content ? content.body : null)
    }
    return bodies
  }
}
