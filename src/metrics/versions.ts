import { readFileSync } from 'node:fs'

const manager = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
  dependencies: Record<string, string>
}

/** Of this build, for whoever asks what runs here. */
export const VERSIONS = {
  version: manager.version,
  node: process.versions.node,
  baileys: manager.dependencies['@whiskeysockets/baileys']!,
}
