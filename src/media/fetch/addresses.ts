import ipaddr from 'ipaddr.js'

/**
 * Whether an address may be connected to: `public` always, `private` (this machine and its own networks) only where the operator
 * says so, `never` nowhere: link-local with the metadata services of clouds, multicast, reserved and broken addresses.
 */
export type Reach = 'public' | 'private' | 'never'

const IPV4: Partial<Record<string, Reach>> = {
  unicast: 'public',
  private: 'private',
  loopback: 'private',
  carrierGradeNat: 'private',
}

const IPV6: Partial<Record<string, Reach>> = { loopback: 'private', uniqueLocal: 'private' }

/** Services that clouds run for their machines at addresses that look like others: AWS and GCP (IPv6), Alibaba, Azure. */
const METADATA = new Set(['fd00:ec2::254', 'fd20:ce::254', '100.100.100.200', '168.63.129.16'])

/** RFC 4291: what the internet routes. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3')
/** RFC 6052: an IPv4 address in its last 32 bits, to which a NAT64 gateway connects. */
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96')

/**
 * Tells how far an IP address is, in any spelling. An IPv6 address that stands for an IPv4 address (mapped, NAT64) is that one;
 * the tunnels that nobody runs any more (6to4, Teredo, IPv4-compatible, translated, ISATAP) are never reached.
 */
export function reachOf(text: string): Reach {
  // ipaddr.js takes `::1.2.3.4` for a mapped address; the URL standard's spelling has no such doubt, and no zones.
  const plain = text.includes(':') ? URL.parse(`http://[${text}]`)?.hostname.slice(1, -1) : text
  if (plain === undefined || !ipaddr.isValid(plain)) return 'never'
  const address = ipaddr.process(plain)
  if (METADATA.has(address.toString())) return 'never'
  if (address instanceof ipaddr.IPv4) return IPV4[address.range()] ?? 'never'
  if (address.match(NAT64)) return reachOf(new ipaddr.IPv4(address.toByteArray().slice(12)).toString())
  const range = address.range()
  if (range !== 'unicast') return IPV6[range] ?? 'never'
  const isatap = address.parts[5] === 0x5efe && (address.parts[4]! & ~0x200) === 0
  return address.match(GLOBAL_UNICAST) && !isatap ? 'public' : 'never'
}
