import { loadOnce } from '../base/load-once.ts'
import type { Documentation } from '../ports/documentation.ts'

const load = async (version: string) => (await import('./documentation.ts')).createDocumentation(version)

/** Makes the documentation at the first request for it: most processes are never asked. */
export const documentationLoader = (version: string, create = load): (() => Promise<Documentation>) =>
  loadOnce(() => create(version))
