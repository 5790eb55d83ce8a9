import { createHash } from 'node:crypto'
import { jidDecode } from '@whiskeysockets/baileys'
import { Account } from './account.ts'
import { otherForms } from './national-forms.ts'

/** All accounts, found by phone number, LID or jid in constant time. */
export class AccountTable {
  readonly #seed: string
  readonly #byPn = new Map<string, Account>()
  readonly #byLid = new Map<string, Account>()
  /** How many LIDs a number was given. */
  readonly #rounds = new Map<string, number>()

  constructor(seed: string) {
    this.#seed = seed
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

  /** The account that somebody means who dials these digits: its own number may be written otherwise. Nothing is routed by them. */
  dialled(digits: string): Account | undefined {
    const [meant] = [digits, ...otherForms(digits)].flatMap(form => this.#byPn.get(form) ?? [])
    return meant
  }

  /** Gives an account another LID; the old one is nobody's. */
  changeLid(account: Account): void {
    this.#byLid.delete(account.lid)
    account.lid = this.#lidOf(account.pn)
    this.#byLid.set(account.lid, account)
  }

  /** Gives an account another number; the old one is nobody's. Throws for a number that somebody has. */
  changeNumber(account: Account, pn: string): void {
    if (!/^\d{5,20}$/.test(pn)) throw new Error(`not a phone number: ${JSON.stringify(pn)}`)
    if (this.#byPn.has(pn)) throw new Error(`${pn} is somebody's number`)
    this.#byPn.delete(account.pn)
    account.pn = pn
    this.#byPn.set(pn, account)
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
    for (let round = this.#rounds.get(pn) ?? 0; ; round++) {
      this.#rounds.set(pn, round + 1)
      const digest = createHash('sha256').update(`${this.#seed}:${pn}:${round}`).digest()
      const lid = String(1e14 + (digest.readUIntBE(0, 6) % 9e14))
      if (!this.#byLid.has(lid)) return lid
    }
  }
}
