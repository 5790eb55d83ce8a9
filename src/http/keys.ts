import { createHash, timingSafeEqual } from 'node:crypto'

export interface Keys {
  apiKeys: readonly string[]
  /** These may only read. */
  readKeys: readonly string[]
}

/** What API_KEYS says of keys that are presented. */
export interface Keyring {
  /** Without keys only this machine is answered, and needs none. */
  readonly isEmpty: boolean
  /** What the best of the presented keys allows; null: none of them is known. Takes the same time for whatever is not. */
  allows(presented: readonly string[]): 'write' | 'read' | null
}

export function createKeyring({ apiKeys, readKeys }: Keys): Keyring {
  const [full, readers] = [apiKeys.map(digest), readKeys.map(digest)]
  return {
    isEmpty: full.length + readers.length === 0,
    allows(presented) {
      const digests = presented.map(digest)
      const has = (known: readonly Buffer[]) => digests.some(key => isKnown(key, known))
      const [writes, reads] = [has(full), has(readers)]
      return writes ? 'write' : reads ? 'read' : null
    },
  }
}

/** Hashed keys are of one length, so that the comparison takes the same time whatever was presented. */
function isKnown(presented: Buffer, known: readonly Buffer[]): boolean {
  return known.map(candidate => timingSafeEqual(candidate, presented)).includes(true)
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
