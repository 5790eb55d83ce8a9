import { createHash, randomInt } from 'node:crypto'
import { jidDecode } from '@whiskeysockets/baileys'
import { Account } from './account.ts'

/** All accounts, found by phone number, LID or jid in constant time. */
export class AccountTable {
  readonly #seed: string
  readonly #byPn = new Map<string, Account>()
  readonly #byLid = new Map<string, Account>()

  constructor(seed: string | undefined) {
    this.#seed = seed ?? String(randomInt(2 ** 40))
  }

  /** Finds or makes the account of a phone number. Throws when it is not 5 to 20 digits. */
  ensure(pn: string, name?: string): Account {
    if (!/^\d{5,20}$/.test(pn)) throw new Error(`not a phone number: ${JSON.stringify(pn)}`)
    const known = this.#byPn.get(pn)
    if (known) {
      if (name) known.name = name
      return known
    }
    const account = new Account(pn, this.#lidOf(pn), name ?? pn)
    this.#byPn.set(pn, account)
    this.#byLid.set(account.lid, account)
    return account
  }

  get(pn: string): Account | undefined {
    return this.#byPn.get(pn)
  }

  /** The account and device number that a jid of either kind names. */
  resolve(jid: string | undefined): { account: Account; device: number } | undefined {
    const decoded = jidDecode(jid)
    if (!decoded) return undefined
    const table = decoded.server === 'lid' ? this.#byLid : this.#byPn
    const account = table.get(decoded.user)
    return account && { account, device: decoded.device ?? 0 }
  }

  values(): Iterable<Account> {
    return this.#byPn.values()
  }

  #lidOf(pn: string): string {
    for (let round = 0; ; round++) {
      const digest = createHash('sha256').update(`${this.#seed}:${pn}:${round}`).digest()
      const lid = String(1e14 + (digest.readUIntBE(0, 6) % 9e14))
      if (!this.#byLid.has(lid)) return lid
    }
  }
}
