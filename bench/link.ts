import type { Laravel } from './laravel.ts'
import type { Manager } from './manager.ts'
import type { Remote } from './rpc.ts'
import type { Pair, World } from './world.ts'

/** Links every number to the manager as a user does: POST /start, the QR that Laravel got, the phone's scan, active. */
export async function linkAll(
  { manager, world, laravel }: { manager: Manager; world: Remote<World>; laravel: Laravel },
  pairs: Pair[],
  { concurrency, onLinked }: { concurrency: number; onLinked: () => void },
): Promise<void> {
  const waiting = [...pairs]
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { number } = next
      const active = laravel.next('/whatsapp/status active', number)
      const qr = laravel.next('/qr', number)
      await manager.startSession(number)
      await world.call('scan', number, String((await qr).qr))
      await active
      onLinked()
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
}
