import { isIPv6 } from 'node:net'

/** Under which name wrong keys of an address are counted: who has an IPv6 address mostly has 2^64 of them. */
export const callerOf = (address: string): string =>
  isIPv6(address) && !address.includes('.') ? expanded(address).slice(0, 4).join(':') : address

/** The eight groups of an IPv6 address. */
function expanded(address: string): string[] {
  const [head = '', tail] = address.replace(/%.*$/, '').split('::')
  const [before, after] = [head, tail ?? ''].map(part => part.split(':').filter(group => group !== ''))
  if (tail === undefined) return before!
  return [...before!, ...Array<string>(8 - before!.length - after!.length).fill('0'), ...after!]
}
