/** The files of the media store, so that none has to be looked for on the disk. */
export interface MediaTable {
  /** False until the files of before this table was there are in it. */
  readonly complete: boolean
  /** Files that were not stored since `before` (ms), longest ago first; they may have been opened since. */
  unusedSince(before: number, limit: number): string[]
  /** Files that only messages had which are gone; nobody needs them. */
  unneeded(limit: number): string[]
  isUnneeded(id: string): boolean
  /** Resolves once durable. A file is told as stored before it is there, so that each file is known. */
  changed(changes: MediaChange[]): Promise<void>
}

export type MediaChange =
  /** It is stored, again perhaps, and needed. */
  | { stored: string; at: number }
  /** It was opened at that time. */
  | { used: string; at: number }
  /** It was found on the disk. */
  | { found: string }
  /** Everything that was on the disk was found. */
  | { complete: true }
  /** It was removed, if it was not stored again at `before` or later. */
  | { removed: string; before: number }
  /** Nobody needed it, and it was removed. */
  | { gone: string }
