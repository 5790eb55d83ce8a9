/** Who talks with whom: a number with a linked device, and its one contact. */
export interface Pair {
  number: string
  contact: string
}
