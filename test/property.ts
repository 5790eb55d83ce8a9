import fc from 'fast-check'
import { expect } from 'vitest'

type Property<T> = fc.IAsyncProperty<T> | fc.IProperty<T>

/** Like fc.assert; the last line of a failure is the command that repeats it. */
export async function assertProperty<T>(property: Property<T>, parameters: fc.Parameters<T> = {}) {
  const run = await fc.check(property, { ...parameters, ...asked(process.env) })
  if (!run.failed) return
  throw new Error(`${await fc.asyncDefaultReportMessage(run)}\n\n${repeatLine(run)}`, {
    cause: run.errorInstance,
  })
}

/** What the line sets: one run from its seed, at the counterexample of its path. */
function asked({ FC_SEED, FC_PATH }: NodeJS.ProcessEnv): {
  seed?: number
  path?: string
  endOnFailure?: true
} {
  return {
    ...(FC_SEED && { seed: Number(FC_SEED) }),
    ...(FC_PATH && { path: FC_PATH, endOnFailure: true }),
  }
}

function repeatLine<T>({ seed, counterexamplePath }: fc.RunDetails<T>): string {
  const { testPath = '', currentTestName = '' } = expect.getState()
  const file = testPath.replace(`${process.cwd()}/`, '')
  // Vitest joins the titles with ` > ` when it tells a name, and with a blank when it compares one.
  const name = currentTestName.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll(' > ', '.*')
  const quoted = `'${name.replaceAll("'", "'\\''")}'`
  return `repeat: FC_SEED=${seed} FC_PATH=${counterexamplePath} npx vitest run ${file} -t ${quoted}`
}
