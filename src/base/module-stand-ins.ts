import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

/**
 * What libraries load and nobody here reads, 7 MB of the 45 that a start leaves in V8's heap and beside it: what WhatsApp's own client
 * reports (Baileys exports the names of it, and reports nothing), zod's fifty languages, and the WebAssembly of whatsapp-rust-bridge,
 * which keeps it twice as text.
 */
const NOTHING = source('export {}')
const NO_EVENTS = source(
  'export const WEB_EVENTS = [], WEB_GLOBALS = [], FLAG_BYTE = 8, FLAG_GLOBAL = 0, FLAG_EVENT = 1, FLAG_FIELD = 2, FLAG_EXTENDED = 4',
)

/** From now on this thread gets something small in their place; modules that are loaded already stay. */
export function useModuleStandIns(): void {
  let bridge: string | null = null
  registerHooks({
    resolve(specifier, context, next) {
      const url = standIn(specifier, context.parentURL ?? '')
      if (url !== null) return { url, format: 'module', shortCircuit: true }
      if (specifier !== 'whatsapp-rust-bridge') return next(specifier, context)
      bridge ??= withoutText(next(specifier, context).url)
      return { url: bridge, format: 'module', shortCircuit: true }
    },
  })
}

function standIn(specifier: string, importer: string): string | null {
  if (specifier === '../locales/index.js' && importer.includes('/node_modules/zod/v4/')) return NOTHING
  if (specifier === './constants.js' && importer.includes('/baileys/lib/WAM/')) return NO_EVENTS
  return null
}

/** The same module, whose two WebAssemblies (base64, of which it takes one) are read from its file when they are asked for. */
function withoutText(url: string): string {
  const wasm = /"AGFzbQ[^"]*"/g
  let at = 0
  const slim = readFileSync(new URL(url), 'latin1').replace(wasm, () => `wasmAt(${at++})`)
  const read = `readFileSync(new URL(${JSON.stringify(url)}), 'latin1').match(${wasm})[at].slice(1, -1)`
  return source(
    `import { readFileSync } from 'node:fs'\nconst wasmAt = at => ${read}\n${slim}\n//# sourceURL=${url}`,
  )
}

function source(text: string): string {
  return `data:text/javascript,${encodeURIComponent(text)}`
}
