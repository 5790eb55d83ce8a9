import { opened } from '../sessions/world.ts'
import { endedBy, killed, paired, type Recording, says, shows, starts } from './recording-steps.ts'

/** A passkey that WhatsApp demands, with every way that it can end. */
export const passkeyDemanded: Recording = {
  options: { tellPasskeys: true },
  async record(world) {
    const asked = () => ({ type: 'passkey.asked', expiresAt: world.clock.now() + 600_000 }) as const
    const failed = { type: 'passkey.failed', reason: 'passkey_refused', reasonText: 'No.' } as const
    const assertion = {
      ...{ id: 'AAAA', rawId: 'AAAA', type: 'public-key' },
      response: { clientDataJSON: 'AAAA', authenticatorData: 'AAAA', signature: 'AAAA', userHandle: null },
    }
    const again = async () => {
      await shows(world, `after ${world.clock.now()}`)
      await says(world, asked())
    }
    await world.shown()
    await says(world, asked())
    await world.commands.cancelPasskey('s1')
    await world.settle()
    await again()
    await world.wait(600_000)
    await again()
    await world.commands.submitPasskey('s1', assertion)
    await says(world, failed)
    await shows(world, 'unreadable')
    await says(world, failed)
    await again()
    await world.commands.submitPasskey('s1', assertion)
    await killed(world, 1_000)
    await world.settle()
    await again()
    await world.commands.submitPasskey('s1', assertion)
    await says(world, { type: 'passkey.codeShown' })
    await world.commands.submitPasskey('s1', assertion)
    await says(world, { type: 'passkey.codeShown' })
    await world.commands.submitPasskey('s1', assertion)
    await says(world, { type: 'passkey.proved' })
    await says(world, failed)
    await again()
    await world.commands.submitPasskey('s1', assertion)
    await says(world, { type: 'passkey.codeShown' })
    await world.commands.confirmPasskey('s1')
    await says(world, paired, endedBy(world, 515, 'Stream Errored (restart required)'))
    await says(world, opened)
  },
}

/** QRs that WhatsApp makes void. */
export const qrReplaced: Recording = {
  async record(world) {
    const { promise, resolve } = Promise.withResolvers<void>()
    world.laravel.onPublish = () => promise
    await starts(world)
    await shows(world, 'a')
    await shows(world, 'a2', 'a')
    resolve()
    await world.settle()
    await world.wait(5_000)
    await shows(world, 'a3', 'a2')
    await world.wait(10_000)
    await shows(world, 'b')
    await world.commands.restart('s1')
    await world.settle()
    await shows(world, 'c')
    await shows(world, 'c2', 'c')
    await says(world, paired, endedBy(world, 515, 'Stream Errored (restart required)'))
    await says(world, opened)
  },
}

/** WhatsApp does not ask for a new connection after a scan: there is one all the same. */
export const linkWithoutRestart: Recording = {
  async record(world) {
    await world.shown()
    await says(world, paired)
    await world.wait(120_000)
    await says(world, opened)
  },
}
