import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { InspectOptions } from './options.ts'
import { openStream } from './stream.ts'

const TRY_AGAIN_MS = 2_000

/** Gives the manager's stream to a relay such as `createInspectorServer` of `@statelyai/inspect/server`, over and over, until `signal`. */
export async function relayTo(
  url: URL,
  options: InspectOptions,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    say(await carryOnce(url, options, say, signal))
    await pause(TRY_AGAIN_MS, undefined, { signal }).catch(() => {})
  }
}

/** Resolves once it is over, with the reason. */
async function carryOnce(
  url: URL,
  options: InspectOptions,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<string> {
  const relay = new WebSocket(url, { perMessageDeflate: false, handshakeTimeout: 10_000 })
  const over = Promise.withResolvers<string>()
  const stop = () => over.resolve('stopped')
  signal.addEventListener('abort', stop)
  relay.on('error', error =>
    over.resolve(`no relay answers at ${url.host} (${(error as NodeJS.ErrnoException).code})`),
  )
  relay.on('close', () => over.resolve('the relay is gone'))
  let end = () => {}
  relay.on('open', () => {
    say(`the relay at ${url.host} takes the stream`)
    openStream(options, {
      told: message => relay.send(message),
      ended: () => over.resolve('the manager shows nothing any more'),
    }).then(
      close => {
        end = close
      },
      (error: Error) => over.resolve(error.message),
    )
  })
  const why = await over.promise
  signal.removeEventListener('abort', stop)
  end()
  relay.close()
  return why
}
