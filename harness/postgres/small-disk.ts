import { execFileSync } from 'node:child_process'
import { mkdirSync, statfsSync } from 'node:fs'

const MB = 1024 * 1024

/** A file system of its own that can be full from one moment to the next, and has room again. It takes memory, and only root may mount one. */
export class SmallDisk {
  readonly dir: string
  readonly #megabytes: number

  /** Throws with a sentence for people where nothing may be mounted. */
  constructor(dir: string, megabytes: number) {
    this.dir = dir
    this.#megabytes = megabytes
    mkdirSync(dir, { recursive: true })
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', dir], { stdio: 'pipe' })
    } catch {
      throw new Error(
        'a disk that can be full has to be mounted (tmpfs), which only root may: run this as root',
      )
    }
  }

  /** Leaves so many bytes beside what it holds now. */
  fill(leftBytes: number): void {
    const { blocks, bfree, bsize } = statfsSync(this.dir)
    this.#resize((blocks - bfree) * bsize + leftBytes)
  }

  /** Has as much room as at first. */
  free(): void {
    this.#resize(this.#megabytes * MB)
  }

  unmount(): void {
    execFileSync('umount', ['--lazy', this.dir], { stdio: 'pipe' })
  }

  #resize(bytes: number): void {
    execFileSync('mount', ['-o', `remount,size=${bytes}`, this.dir], { stdio: 'pipe' })
  }
}
