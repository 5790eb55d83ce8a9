import { HEAD_BYTES } from '../../src/media/mimetype.ts'

/** First bytes of files of many types. */

export const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
export const latin1 = (text: string) => Buffer.from(text, 'latin1')

export const PNG = hex('89504e47 0d0a1a0a 0000000d 49484452 00000001 00000001 08060000 00')
export const JPEG = hex('ffd8ffe0 00104a46 49460001 01000001 00010000')
export const OGG_OPUS = Buffer.concat([
  latin1('OggS\0\x02'),
  Buffer.alloc(20),
  latin1('\x01\x13OpusHead\x01\x01'),
  Buffer.alloc(20),
])
export const OGG_VORBIS = Buffer.concat([
  latin1('OggS\0\x02'),
  Buffer.alloc(20),
  latin1('\x01\x1e\x01vorbis'),
  Buffer.alloc(40),
])
export const webp = (flags: number) =>
  Buffer.concat([
    latin1('RIFF\0\0\0\0WEBPVP8X'),
    hex('0a000000'),
    Buffer.from([flags, 0, 0, 0]),
    Buffer.alloc(20),
  ])
export const mp4 = (brand: string) =>
  Buffer.concat([hex('00000018'), latin1(`ftyp${brand}\0\0\0\0${brand}mp42`)])
export const zip = (name: string) => {
  const header = Buffer.alloc(30)
  header.writeUInt32LE(0x04034b50, 0)
  header.writeUInt16LE(name.length, 26)
  return Buffer.concat([header, latin1(name), Buffer.alloc(HEAD_BYTES)])
}
export const id3 = (size: number) =>
  Buffer.concat([
    latin1('ID3\x03\0\0'),
    Buffer.from([(size >> 21) & 127, (size >> 14) & 127, (size >> 7) & 127, size & 127]),
    Buffer.alloc(HEAD_BYTES),
  ])
