import type { LaravelPosts } from './laravel-posts.ts'

/** Who takes part when a number is linked. */
export interface Linking {
  manager: { startSession(sessionId: string): Promise<void> }
  /** The number's phone scans a QR text. */
  scan(number: string, qr: string): Promise<void>
  /** Resolves with the body of the next POST about a session. */
  laravel: Pick<LaravelPosts, 'next'>
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
