/** Why nothing moved: a sentence that says what mends it. */
export class MigrateError extends Error {
  override readonly name = 'MigrateError'
}
