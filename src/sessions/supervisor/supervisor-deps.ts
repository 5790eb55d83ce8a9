import type { Rejoin } from '../../ports/cluster/residents.ts'
import type { MediaPreparer } from '../../ports/media/media-preparer.ts'
import type { WhatsApp } from '../../ports/whatsapp.ts'
import type { SessionActorDeps } from '../host/session-actor.ts'
import type { SessionRegistry } from '../registry.ts'
import type { OutboxDeps, OutboxSettings } from '../sending/outbox.ts'
import type { IdlePolicy } from './reaper.ts'
import type { RestoreDeps } from './session-restorer.ts'

export interface SupervisorDeps
  extends RestoreDeps,
    OutboxSettings,
    Pick<OutboxDeps, 'mailbox'>,
    Pick<SessionActorDeps, 'logger' | 'machine' | 'tellPasskeys' | 'onRefused'> {
  registry: SessionRegistry
  whatsapp: WhatsApp
  media: Pick<MediaPreparer, 'prepare'>
  idle: IdlePolicy
  /** Present where several nodes share the store: sessions come and go by `residents`. */
  rejoin?: Rejoin | undefined
  /** Nothing can be done here any more: the process must end. */
  onDead(why: string): void
}
