import type { AnyActorRef } from 'xstate'
import type { RunningCharts } from '../../ports/inspection.ts'
import type { SessionRegistry } from '../registry.ts'
import { showEvent, showSnapshot } from './shown.ts'

/** The statecharts of this process for who looks on; while nobody does, nothing is attached to any. */
export const createCharts = (
  registry: Pick<SessionRegistry, 'watch'>,
  supervisor: { readonly chart: AnyActorRef },
): RunningCharts => ({
  supervisor: supervisor.chart,
  watch: watcher => registry.watch(watcher),
  showEvent,
  showSnapshot,
})
