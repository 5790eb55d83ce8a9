/** A folder that cannot be moved in; the message says why, and what would help. It holds nothing of what the files hold. */
export class UnusableFolder extends Error {
  override readonly name = 'UnusableFolder'
}
