import { parseArgs } from 'node:util'
import type { Command, Values } from './command.ts'
import { called, helpOf } from './help.ts'
import type { Option } from './options.ts'

/** What is wrong with how a command was called: a sentence that says what would be right. */
export class CommandLineError extends Error {
  override readonly name = 'CommandLineError'
}

/**
 * The values of the options that the process was started with. `--help` prints the help and ends the process with 0; what is wrong
 * with the options is one line on standard error, and ends it with 2.
 */
export function optionsOf<C extends Command>(command: C, args = process.argv.slice(2)): Values<C> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(helpOf(command))
    process.exit(0)
  }
  try {
    return valuesOf(command, args)
  } catch (error) {
    if (!(error instanceof CommandLineError)) throw error
    process.stderr.write(`${command.run}: ${error.message}\n`)
    process.exit(2)
  }
}

/** The values of the options in `args`. Throws CommandLineError. */
export function valuesOf<C extends Command>(command: C, args: readonly string[]): Values<C> {
  const { options, run } = command
  const wrong = (sentence: string) => new CommandLineError(`${sentence} (see ${called(run, '--help')})`)
  const given = Object.fromEntries(Object.keys(options).map(name => [name, [] as string[]]))
  for (const token of tokensOf(options, args)) {
    if (token.kind === 'positional') throw wrong(`${token.value} is no option`)
    if (token.kind !== 'option') continue
    const { name, rawName, value, inlineValue } = token
    const [option, values] = Object.hasOwn(options, name) ? [options[name], given[name]] : []
    if (option === undefined || values === undefined)
      throw wrong(`there is no ${rawName}${alike(name, options)}`)
    if (option.takes === null && value !== undefined) throw wrong(`${rawName} takes no value`)
    const isForgotten = value === undefined || (inlineValue === false && /^--?[a-z]/i.test(value))
    if (option.takes !== null && isForgotten)
      throw wrong(`${rawName} needs a value: ${rawName} ${option.takes}`)
    values.push(value ?? '')
  }
  const read = ([name, option]: [string, Option<unknown>]) => {
    try {
      return [name, option.read(given[name] ?? [])]
    } catch (error) {
      throw wrong(`--${name} ${(error as Error).message}`)
    }
  }
  return Object.fromEntries(Object.entries(options).map(read)) as Values<C>
}

function tokensOf(options: Command['options'], args: readonly string[]) {
  const described = Object.entries(options).map(([name, { takes }]) => {
    const type = takes === null ? ('boolean' as const) : ('string' as const)
    return [name, { type, multiple: true }] as const
  })
  const config = {
    args: [...args],
    options: Object.fromEntries(described),
    strict: false,
    tokens: true,
  } as const
  return parseArgs(config).tokens
}

/** The option that was probably meant: the one with the longest beginning in common. */
function alike(name: string, options: Command['options']): string {
  const common = (other: string) => [...other].findIndex((letter, i) => letter !== name[i])
  const length = (other: string) => (common(other) === -1 ? other.length : common(other))
  const [best] = Object.keys(options).toSorted((a, b) => length(b) - length(a))
  return best !== undefined && length(best) >= 3 ? `; --${best} is meant?` : ''
}
