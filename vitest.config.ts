import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // libsignal prints whole sessions, private keys included; the product replaces console, the simulator's process does not.
    onConsoleLog: log => !/session|prekey|decrypt|Bad MAC|identity/i.test(log),
  },
})
