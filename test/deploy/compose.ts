import { readFileSync } from 'node:fs'
import { parseYaml } from '@redocly/openapi-core'

export type Variables = Record<string, string>

export interface Service {
  command?: string[]
  environment: Variables
}

/** The services of a compose file, its variables given as Compose's documentation has it: `${NAME}`, with a default or a complaint. */
export function composed(file: string, given: Variables): Record<string, Service> {
  const text = readFileSync(file, 'utf8').replace(
    /\$\{(\w+)(?::([-?])([^}]*))?\}/g,
    (_, name: string, kind: string | undefined, rest: string) => {
      const value = given[name] ?? ''
      if (value === '' && kind === '?') throw new Error(`${name}: ${rest}`)
      return value === '' && kind === '-' ? rest : value
    },
  )
  return (parseYaml(text) as { services: Record<string, Service> }).services
}
