/** What is wrong with how it was called, or with what it was pointed at: one sentence that says what to do. */
export class ImportError extends Error {
  override readonly name = 'ImportError'
}
