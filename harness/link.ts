/** Who takes part when a number is linked. */
export interface Linking {
  manager: { startSession(sessionId: string): Promise<void> }
  /** The number's phone scans a QR text. */
  scan(number: string, qr: string): Promise<void>
  /** Resolves with the body of the next POST about a session. */
  laravel: {
    next(what: '/qr' | '/whatsapp/status active', sessionId: string): Promise<Record<string, unknown>>
  }
}

/** Links every number to the manager as a user does: POST /start, the QR that Laravel got, the phone's scan, active. */
export async function linkAll(
  { manager, scan, laravel }: Linking,
  numbers: string[],
  { concurrency, onLinked }: { concurrency: number; onLinked: () => void },
): Promise<void> {
  const waiting = [...numbers]
  const work = async () => {
    for (let number = waiting.shift(); number !== undefined; number = waiting.shift()) {
      const active = laravel.next('/whatsapp/status active', number)
      const qr = laravel.next('/qr', number)
      await manager.startSession(number)
      await scan(number, String((await qr).qr))
      await active
      onLinked()
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
}
