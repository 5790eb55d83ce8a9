import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { type ResolveHookContext, registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

/** Where imports led to, by importer and specifier; of one `stamp`, which names all that it depends on. */
interface Resolutions {
  stamp: string
  found: Record<string, { url: string; format: string | null }>
}

/** Keeps in a file where every import from now on leads to; it is written when the process ends, if it can be. */
export function recordResolutions(file: string, stamp: string): void {
  const found: Resolutions['found'] = {}
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context)
      const { url, format = null } = resolved
      const name = nameOf(specifier, context)
      if (name !== null && url.startsWith('file:')) found[name] = { url, format }
      return resolved
    },
  })
  process.once('exit', () => {
    try {
      writeFileSync(file, JSON.stringify({ stamp, found } satisfies Resolutions))
    } catch {}
  })
}

/**
 * Imports go where they led to when that file was recorded with the same stamp, without looking for packages and extensions again,
 * until the returned function is called: a quarter of the CPU of a start. What was never recorded, or is gone, is looked for.
 */
export function recallResolutions(file: string, stamp: string): () => void {
  const recorded = read(file)
  if (recorded?.stamp !== stamp) return () => {}
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const name = nameOf(specifier, context)
      const known = name === null ? undefined : recorded.found[name]
      if (known === undefined || !existsSync(fileURLToPath(known.url))) return next(specifier, context)
      return { ...known, shortCircuit: true }
    },
  })
  return () => hooks.deregister()
}

function read(file: string): Resolutions | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}

/** Null for what is not remembered: Node's own modules, `require`, and imports that say more than a name. */
function nameOf(
  specifier: string,
  { parentURL, conditions, importAttributes }: ResolveHookContext,
): string | null {
  if (parentURL === undefined || specifier.startsWith('node:') || conditions.includes('require')) return null
  return Object.keys(importAttributes).length > 0 ? null : `${parentURL} ${specifier}`
}
