import { readFileSync } from 'node:fs'

/** Node's flags in `npm start`, but for the file with somebody's own environment. */
export function startFlags(): string[] {
  const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return flagsIn(scripts.start)
}

/** Throws for a command that is not `node FLAGS… src/start.js`. */
export function flagsIn(command: string): string[] {
  const words = command.split(' ')
  if (words.at(0) !== 'node' || words.at(-1) !== 'src/start.js')
    throw new Error(`npm start is not node itself: ${command}`)
  return words.slice(1, -1).filter(flag => !flag.startsWith('--env-file'))
}
