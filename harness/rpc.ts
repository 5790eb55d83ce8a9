import type { ChildProcess } from 'node:child_process'

/** Functions that one process offers to its parent; arguments and results are what structured clone can carry. */
export type Commands = Record<string, (...args: never[]) => unknown>

interface Call {
  id: number
  name: string
  args: never[]
}

type Answer = { id: number; result: unknown } | { id: number; error: string }

/**
 * Offers commands to the parent process, and ends with it; calls of other names are left to other offers of the same process.
 */
export function offer(commands: Commands): void {
  process.once('disconnect', () => process.exit(1))
  process.on('message', ({ id, name, args }: Call) => {
    const command = commands[name]
    if (command === undefined) return
    Promise.resolve()
      .then(() => command(...args))
      .then(
        result => process.send?.({ id, result } satisfies Answer),
        (error: unknown) => process.send?.({ id, error: String(error) } satisfies Answer),
      )
  })
}

/** The parent's end: calls a child's commands. A call rejects when the command does, or when the child ends first. */
export class Remote<C extends Commands> {
  readonly #child: ChildProcess
  readonly #name: string
  readonly #waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
  #next = 0

  constructor(child: ChildProcess, name: string) {
    this.#child = child
    this.#name = name
    child.on('message', (answer: Answer) => {
      const waiting = this.#waiting.get(answer.id)
      this.#waiting.delete(answer.id)
      if ('error' in answer) waiting?.reject(new Error(`${name}: ${answer.error}`))
      else waiting?.resolve(answer.result)
    })
    child.once('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${name} ended (${signal ?? code})`))
      this.#waiting.clear()
    })
  }

  call<N extends keyof C & string>(name: N, ...args: Parameters<C[N]>): Promise<Awaited<ReturnType<C[N]>>> {
    const id = this.#next++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (result: unknown) => void, reject })
      this.#child.send({ id, name, args }, error => {
        if (error) reject(new Error(`${this.#name} does not listen any more: ${error.message}`))
      })
    })
  }
}
