import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

export interface Asset {
  type: string
  body: Uint8Array<ArrayBuffer>
  gzipped: Uint8Array<ArrayBuffer>
}

/** Style and scripts as they stand in their folders, all below one name that changes with any of them: they import each other as they are. */
export interface Assets {
  /** `/dashboard/assets/1f3a…/`: what is below it never changes. */
  base: string
  version: string
  files: Map<string, Asset>
  /** All that a script imports, and what that does: a browser can ask for it at once, and not file by file. */
  importsOf(script: string): string[]
}

const FOLDERS = ['assets/', 'styles/'].map(name => new URL(name, import.meta.url))

export async function loadAssets(): Promise<Assets> {
  const hash = createHash('sha256')
  const files = new Map<string, Asset>()
  for (const folder of FOLDERS)
    for (const name of (await readdir(folder)).filter(name => extname(name) in TYPES).sort()) {
      const body = new Uint8Array(await readFile(new URL(name, folder)))
      hash.update(name).update(body)
      const gzipped = new Uint8Array(await promisify(gzip)(body, { level: 9 }))
      files.set(name, { type: TYPES[extname(name)]!, body, gzipped })
    }
  const version = hash.digest('hex').slice(0, 16)
  const importsOf = (script: string) => [...reached(script, files)].slice(1)
  return { base: `/dashboard/assets/${version}/`, version, files, importsOf }
}

/** The script itself comes first. */
function reached(script: string, files: Assets['files'], seen = new Set<string>()): Set<string> {
  const asset = files.get(script)
  if (asset === undefined || seen.has(script)) return seen
  seen.add(script)
  const text = new TextDecoder().decode(asset.body)
  for (const [, name] of text.matchAll(/from '\.\/([\w-]+\.js)'/g)) reached(name!, files, seen)
  return seen
}
