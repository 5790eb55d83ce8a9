import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'

/** A server's certificate with its key, and the certificate of the authority that signed it: all PEM. */
export type TlsIdentity = { key: string; cert: string; ca: string }

type KeyPair = { publicKey: KeyObject; privateKey: KeyObject }
type Extension = { oid: string; critical: boolean; value: Uint8Array }

const [SEQUENCE, SET, INTEGER, BITS, OCTETS, OID, UTF8, UTC_TIME, BOOLEAN] = [
  0x30, 0x31, 2, 3, 4, 6, 0x0c, 0x17, 1,
] as const
const ECDSA_SHA256 = '2a8648ce3d040302'
const COMMON_NAME = '550403'
const SERVER_AUTH = '2b06010505070301'

/**
 * Makes an authority of its own and a server certificate for these names and addresses (RFC 5280, P-256), valid until 2049. The
 * authority's key is forgotten at once.
 */
export function makeTlsIdentity(names: readonly string[]): TlsIdentity {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const issuer = 'Simulated WhatsApp media CA'
  const ca = certify(issuer, authority, issuer, authority.privateKey, [
    { oid: '551d13', critical: true, value: node(SEQUENCE, node(BOOLEAN, Buffer.from([0xff]))) },
    { oid: '551d0f', critical: true, value: node(BITS, Buffer.from([1, 0x06])) },
  ])
  const cert = certify(names[0] ?? 'localhost', server, issuer, authority.privateKey, [
    { oid: '551d13', critical: true, value: node(SEQUENCE) },
    { oid: '551d0f', critical: true, value: node(BITS, Buffer.from([7, 0x80])) },
    { oid: '551d25', critical: false, value: node(SEQUENCE, oid(SERVER_AUTH)) },
    { oid: '551d11', critical: false, value: node(SEQUENCE, ...names.map(alternativeName)) },
  ])
  const key = server.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  return { key, cert, ca }
}

function certify(
  subject: string,
  { publicKey }: KeyPair,
  issuer: string,
  issuerKey: KeyObject,
  extensions: Extension[],
): string {
  const algorithm = node(SEQUENCE, oid(ECDSA_SHA256))
  const serial = randomBytes(16)
  // A positive integer without needless zero bytes.
  serial[0] = (serial[0]! & 0x3f) | 0x40
  const body = node(
    SEQUENCE,
    node(0xa0, node(INTEGER, Buffer.from([2]))),
    node(INTEGER, serial),
    algorithm,
    name(issuer),
    node(SEQUENCE, time('200101000000Z'), time('491231235959Z')),
    name(subject),
    publicKey.export({ format: 'der', type: 'spki' }),
    node(0xa3, node(SEQUENCE, ...extensions.map(extension))),
  )
  const signature = sign('sha256', body, issuerKey)
  const der = node(SEQUENCE, body, algorithm, node(BITS, Buffer.from([0]), signature))
  const lines = der.toString('base64').replace(/.{64}/g, '$&\n').trimEnd()
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
}

/** One DER element: tag, length, contents. */
function node(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...head]), content])
}

const oid = (hex: string) => node(OID, Buffer.from(hex, 'hex'))
const time = (text: string) => node(UTC_TIME, Buffer.from(text))
const name = (text: string) =>
  node(SEQUENCE, node(SET, node(SEQUENCE, oid(COMMON_NAME), node(UTF8, Buffer.from(text)))))

const extension = ({ oid: id, critical, value }: Extension) =>
  node(SEQUENCE, oid(id), ...(critical ? [node(BOOLEAN, Buffer.from([0xff]))] : []), node(OCTETS, value))

/** Of `GeneralName`: 2 is a DNS name, 7 an address. */
const alternativeName = (text: string) =>
  isIP(text) === 4 ? node(0x87, Buffer.from(text.split('.').map(Number))) : node(0x82, Buffer.from(text))
