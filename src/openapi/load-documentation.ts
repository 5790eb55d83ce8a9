import type { Documentation } from '../ports/documentation.ts'

const load = async (version: string) => (await import('./documentation.ts')).createDocumentation(version)

/** Makes the documentation at the first request for it, once: most processes are never asked. What failed is made anew. */
export function documentationLoader(version: string, create = load): () => Promise<Documentation> {
  let loaded: Promise<Documentation> | undefined
  return () => {
    loaded ??= create(version).catch((error: unknown) => {
      loaded = undefined
      throw error
    })
    return loaded
  }
}
