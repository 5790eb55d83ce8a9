import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { makeTlsIdentity } from '../../../simulator/media/tls-certificate.ts'

const read = () => {
  const { key, cert, ca } = makeTlsIdentity(['127.0.0.1', 'localhost', '*.whatsapp.net'])
  return { key, cert: new X509Certificate(cert), ca: new X509Certificate(ca) }
}

describe('a certificate of an authority of its own', () => {
  it('is signed by it, matches its key, and is valid for its names and addresses only', () => {
    const { key, cert, ca } = read()
    expect(cert.verify(ca.publicKey)).toBe(true)
    expect(ca.verify(ca.publicKey)).toBe(true)
    expect(cert.checkIssued(ca)).toBe(true)
    expect(ca.checkIssued(cert)).toBe(false)
    expect(cert.checkPrivateKey(createPrivateKey(key))).toBe(true)
    expect([cert.ca, ca.ca]).toEqual([false, true])
    expect(cert.checkIP('127.0.0.1')).toBe('127.0.0.1')
    expect(cert.checkHost('mmg.whatsapp.net')).toBe('*.whatsapp.net')
    expect([cert.checkIP('127.0.0.2'), cert.checkHost('whatsapp.com')]).toEqual([undefined, undefined])
    expect(cert.validFromDate.getUTCFullYear()).toBe(2020)
    expect(cert.validToDate.getUTCFullYear()).toBe(2049)
  })

  it('is a new one each time, and the key of the authority is never handed out', () => {
    const [one, other] = [read(), read()]
    expect(one.cert.verify(other.ca.publicKey)).toBe(false)
    expect(one.cert.serialNumber).not.toBe(other.cert.serialNumber)
    const spki = createPublicKey(one.key).export({ format: 'pem', type: 'spki' })
    expect(spki).not.toBe(one.ca.publicKey.export({ format: 'pem', type: 'spki' }))
  })

  it('is well-formed DER for any serial number and signature', () => {
    for (let round = 0; round < 60; round++) {
      const { cert, ca } = read()
      expect(cert.verify(ca.publicKey)).toBe(true)
      expect(cert.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/)
    }
  })
})
