import { afterAll, vi } from 'vitest'

/** libsignal prints whole sessions through console: replaced while a test file runs. */
export function silenceConsole(): void {
  const spies = (['log', 'info', 'warn', 'error'] as const).map(name =>
    vi.spyOn(console, name).mockReturnValue(),
  )
  afterAll(() => {
    for (const spy of spies) spy.mockRestore()
  })
}
