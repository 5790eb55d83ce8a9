import type { Inspector } from '../ports/inspection.ts'
import type { InspectionHub, InspectorDeps } from './hub.ts'

/** Shows statecharts to who looks on; loaded when the first one does. */
export function createInspector(deps: InspectorDeps): Inspector {
  let hub: InspectionHub | null = null
  let stopped = false
  return {
    async open(sessionIds) {
      const { InspectionHub } = await import('./hub.ts')
      hub ??= new InspectionHub(deps)
      const viewer = hub.open(sessionIds)
      if (stopped) viewer.end('shutting down')
      return viewer
    },
    stop() {
      stopped = true
      hub?.stop()
    },
  }
}
