import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'

/** The house as text: its files, what each imports, and what the rules say of it. */

export interface Source {
  /** From the root of the repository, `src/http/server.ts`. */
  path: string
  text: string
}

/** The product, and what stands beside it. */
export const PRODUCT = ['machines', 'src', 'patches']
export const BESIDE = [
  'simulator',
  'demo',
  'harness',
  'bench',
  'chaos',
  'docs',
  'inspect',
  'import',
  'migrate',
  'command-line',
]

export function read(folder: string): Source[] {
  const root = new URL('../../', import.meta.url)
  return readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => ({
      path: `${folder}/${name}`,
      text: readFileSync(new URL(`${folder}/${name}`, root), 'utf8'),
    }))
}

export const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')

/** Every module that a file names: static, side-effect and dynamic imports, re-exports, require, workers. */
export function importsOf(text: string): string[] {
  const patterns = [
    /\b(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/g,
    /\bimport\s*['"]([^'"]+)['"]/g,
    /\b(?:import|require|import\.meta\.resolve)\s*\(\s*['"`]([^'"`]+)['"`]/g,
    /\bnew URL\(\s*['"]([^'"]+\.ts)['"]/g,
  ]
  return patterns.flatMap(pattern => [...text.matchAll(pattern)].map(match => match[1]!))
}

/** Files of the house that a file imports, types included; by their whole path. */
export function arrowsOf({ path, text }: Source): string[] {
  return importsOf(withoutComments(text))
    .filter(name => name.startsWith('.'))
    .map(name => posix.join(posix.dirname(path), name))
}

/** Files that import each other in a loop, each loop as one sentence. */
export function circlesIn(sources: Source[]): string[] {
  const arrows = new Map(sources.map(source => [source.path, arrowsOf(source)]))
  const done = new Set<string>()
  const circles: string[] = []
  const walk = (path: string, way: string[]): void => {
    const met = way.indexOf(path)
    if (met !== -1) {
      circles.push([...way.slice(met), path].join(' -> '))
      return
    }
    if (done.has(path)) return
    for (const next of arrows.get(path) ?? []) walk(next, [...way, path])
    done.add(path)
  }
  for (const path of arrows.keys()) walk(path, [])
  return circles
}

export const linesOf = ({ text }: Source): number => text.trimEnd().split('\n').length

export function medianLines(sources: Source[]): number {
  const sorted = sources.map(linesOf).sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

/** Folders with the number of files that stand in them, subfolders not counted. */
export function filesByFolder(sources: Source[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { path } of sources) {
    const folder = posix.dirname(path)
    counts.set(folder, (counts.get(folder) ?? 0) + 1)
  }
  return counts
}
