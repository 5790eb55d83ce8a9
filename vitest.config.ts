import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { OTHERS, SLOW, UNIT } from './test/parts.ts'

class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const slow = Object.keys(SLOW).toReversed()
    const place = ({ moduleId }: TestSpecification) => slow.findIndex(file => moduleId.endsWith(`/${file}`))
    return (await super.sort(files)).sort((a, b) => place(b) - place(a))
  }
}

// Every process, worker or child, would compile Baileys anew.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.cache/node', import.meta.url))

export default defineConfig({
  test: {
    pool: 'forks',
    setupFiles: ['test/setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    sequence: { sequencer: SlowFirst },
    // libsignal prints whole sessions, private keys included; the product replaces console, the simulator's process does not.
    onConsoleLog: log => !/session|prekey|decrypt|Bad MAC|identity/i.test(log),
    projects: [
      {
        extends: true,
        // A process for each file would cost more than the tests in it.
        test: { ...UNIT, isolate: false, maxWorkers: 2, sequence: { groupOrder: 1 } },
      },
      ...OTHERS.map(part => ({
        extends: true as const,
        // More than there are cores: they wait for sockets, disks and timers most of the time.
        test: { ...part, maxWorkers: 4, sequence: { groupOrder: 0 } },
      })),
    ],
  },
})
