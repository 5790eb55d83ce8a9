import { fromCallback } from 'xstate'
import { faultIn, type Laravel, type LaravelCause, type LaravelFault } from '../../ports/laravel.ts'
import type { QrVault } from '../../ports/qr-vault.ts'
import type { Store } from '../../ports/store.ts'
import type { SessionRegistry } from '../registry.ts'

export interface LaravelChildrenDeps {
  registry: SessionRegistry
  laravel: Laravel
  vault: QrVault
  store: Store
}

/** Asks Laravel once whether the session is active. */
export function questionChild({ laravel, store, registry }: LaravelChildrenDeps) {
  return fromCallback<{ type: 'none' }, { sessionId: string }>(({ input, sendBack }) => {
    const { actor } = registry.of(input.sessionId)
    const abort = new AbortController()
    actor.runConcurrently(async () => {
      if (abort.signal.aborted) return
      const { said, fault } = await laravel.askActive(actor.sessionId, abort.signal)
      if (abort.signal.aborted) return
      // After the answer: what Laravel took from us while it was asked is news of ours all the same.
      const told = await store.sessions.acceptedStatus(actor.sessionId)
      if (abort.signal.aborted) return
      sendBack({ type: 'laravel.answered', said, told, ...whyOf(fault) } as never)
    })
    return actor.onChildStop(() => abort.abort())
  })
}

/** Offers the QR or pairing code of this hash to Laravel, once, if it is still the newest. */
export function publicationChild({ laravel, vault, registry }: LaravelChildrenDeps) {
  return fromCallback<{ type: 'none' }, { sessionId: string; hash: string }>(({ input, sendBack }) => {
    const { actor } = registry.of(input.sessionId)
    const { sessionId, hash } = input
    const abort = new AbortController()
    const offer = (): Promise<void> => {
      const [code, qr] = [vault.readCode(sessionId), vault.read(sessionId)]
      const { userId, metadata } = actor
      const of = { sessionId, userId, metadata, seq: actor.seqOfOffer(hash) }
      if (code?.hash === hash) return laravel.publishPairingCode(of, code, abort.signal)
      if (qr?.hash === hash) return laravel.publishQr(of, qr, abort.signal)
      return Promise.reject(new Error('There is a newer one, or none.'))
    }
    actor.runConcurrently(async () => {
      if (abort.signal.aborted) return
      const fact = await offer().then(
        () => ({ type: 'qr.published', hash }),
        error => ({ type: 'qr.publishFailed', hash, ...whyOf(faultIn(error)) }),
      )
      if (!abort.signal.aborted) sendBack(fact as never)
    })
    return actor.onChildStop(() => abort.abort())
  })
}

/** What a fact says of why Laravel did not do as it should. */
const whyOf = (fault: LaravelFault | null): { cause?: LaravelCause; why?: string } =>
  fault === null ? {} : { cause: fault.cause, why: fault.message }
