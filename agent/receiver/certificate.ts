/**
 * A self-signed certificate for the receiver's TLS key. Nobody checks its names or dates: agents pin the key itself
 * (SHA-256 of its SPKI, told by the bot in the ticket). TLS wants a certificate around the key, Node makes none.
 */
import { createHash, createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto'

const tlv = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts)
  const length = body.length
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), body])
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => tlv(0x30, ...parts)
const oid = (hex: string): Buffer => tlv(0x06, Buffer.from(hex, 'hex'))
const integer = (bytes: Uint8Array): Buffer => tlv(0x02, bytes)

/** 1.2.840.10045.4.3.2, ecdsa-with-SHA256; no parameters. */
const ECDSA_SHA256 = sequence(oid('2a8648ce3d040302'))

/** CN=ferry receiver */
const NAME = sequence(tlv(0x31, sequence(oid('550403'), tlv(0x0c, Buffer.from('ferry receiver')))))

/** From the epoch to 9999: RFC 5280's way to say that a certificate has no end. */
const VALIDITY = sequence(tlv(0x17, Buffer.from('700101000000Z')), tlv(0x18, Buffer.from('99991231235959Z')))

/** The public half of a private key (PEM), as SPKI DER. */
const spkiOf = (privateKey: string): Buffer =>
  createPublicKey(createPrivateKey(privateKey)).export({ type: 'spki', format: 'der' })

/** What agents pin: SHA-256 of the SPKI, lower-case hex. `privateKey`: EC P-256, PKCS#8 PEM. */
export const pinOf = (privateKey: string): string =>
  createHash('sha256').update(spkiOf(privateKey)).digest('hex')

/** A self-signed X.509 v3 certificate (PEM). Made anew at each start; the key stays. */
export function selfSigned(privateKey: string): string {
  const serial = randomBytes(16)
  // A positive number whose encoding has no needless leading byte.
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  const version3 = tlv(0xa0, integer(Buffer.from([2])))
  const body = sequence(version3, integer(serial), ECDSA_SHA256, NAME, VALIDITY, NAME, spkiOf(privateKey))
  const signature = sign('sha256', body, createPrivateKey(privateKey))
  const der = sequence(body, ECDSA_SHA256, tlv(0x03, Buffer.from([0]), signature))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
