import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

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
  /** Shows whoever has both the key and the id of a login that it began with this key, and nobody else anything of either. */
  proofOf(key: string, loginId: string): string
  /** What the key allows with which a login began; null: that is no key any more. */
  allowsLogin(loginId: string, proof: string): 'write' | 'read' | null
}

export function createKeyring({ apiKeys, readKeys }: Keys): Keyring {
  const [full, readers] = [apiKeys.map(digest), readKeys.map(digest)]
  const best = (has: (known: readonly Buffer[]) => boolean) => {
    const [writes, reads] = [has(full), has(readers)]
    return writes ? 'write' : reads ? 'read' : null
  }
  return {
    isEmpty: full.length + readers.length === 0,
    allows(presented) {
      const digests = presented.map(digest)
      return best(known => digests.some(key => isKnown(key, known)))
    },
    proofOf: (key, loginId) => proofBy(digest(key), loginId).toString('base64'),
    allowsLogin(loginId, proof) {
      const shown = digest(proof)
      const proves = (key: Buffer) => digest(proofBy(key, loginId).toString('base64'))
      return best(known => isKnown(shown, known.map(proves)))
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

function proofBy(key: Buffer, loginId: string): Buffer {
  return createHmac('sha256', key).update(loginId).digest()
}
