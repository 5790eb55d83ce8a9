import { describe, expect, it } from 'vitest'
import { attachment, cleanFilename, filenameInPath, filenameOf } from '../../src/media/filenames.ts'

describe('a clean name', () => {
  it.each([
    ['report.pdf', 'report.pdf'],
    ['Año ñandú 报告 🎉.pdf', 'Año ñandú 报告 🎉.pdf'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\me\\photo.jpg', 'photo.jpg'],
    ['a\0b\r\nc.txt', 'abc.txt'],
    ['photo\u202egpj.exe', 'photogpj.exe'],
    ['zero\u200bwidth\ufeff.txt', 'zerowidth.txt'],
    ['what? <is> "this": a|b*.txt', 'what_ _is_ _this__ a_b_.txt'],
    ['  .hidden', 'hidden'],
    ['name. . ', 'name'],
    ['half \ud800.txt', 'half \ufffd.txt'],
    ['e\u0301.txt', 'é.txt'],
    ['...', null],
    ['dir/', null],
    ['', null],
    ['\r\n', null],
  ])('%j becomes %j', (text, name) => {
    expect(cleanFilename(text)).toBe(name)
  })

  it.each([
    [`${'a'.repeat(500)}.pdf`, `${'a'.repeat(196)}.pdf`],
    ['é'.repeat(500), 'é'.repeat(100)],
    [`${'😀'.repeat(100)}.jpeg`, `${'😀'.repeat(48)}.jpeg`],
    [`a.${'b'.repeat(500)}`, `a.${'b'.repeat(198)}`],
  ])('a long one keeps its extension and whole characters', (text, name) => {
    expect(cleanFilename(text)).toBe(name)
  })
})

describe('Content-Disposition', () => {
  it.each([
    ['attachment; filename="a b.pdf"', 'a b.pdf'],
    ['attachment; filename=plain.pdf', 'plain.pdf'],
    ['inline;FileName = "x.jpg" ; size=3', 'x.jpg'],
    ['attachment; filename="say \\"hi\\".txt"', 'say _hi_.txt'],
    ['attachment; filename="a;b.txt"', 'a;b.txt'],
    [`attachment; filename="fallback.pdf"; filename*=UTF-8''%e2%82%ac%20rates.pdf`, '€ rates.pdf'],
    [`attachment; filename*=utf-8'en'na%C3%AFve.txt`, 'naïve.txt'],
    [`attachment; filename*=ISO-8859-1''%A3.txt`, '£.txt'],
    [`attachment; filename="safe.pdf"; filename*=UTF-8''%ff%fe`, 'safe.pdf'],
    [`attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd`, 'passwd'],
    [`attachment; filename="${Buffer.from('año.pdf').toString('latin1')}"`, 'año.pdf'],
    ['attachment; filename="año.pdf"', 'año.pdf'],
    ['attachment; filename="50%41.txt"', '50%41.txt'],
    ['attachment', null],
    ['attachment; filename=""', null],
    ['attachment; filename="unclosed', null],
    ['', null],
  ])('%j gives %j', (header, name) => {
    expect(filenameOf(header)).toBe(name)
  })

  it('is read quickly, however hostile it is', () => {
    const before = performance.now()
    expect(filenameOf(`attachment; filename="${'\\'.repeat(16_000)}`)).toBeNull()
    expect(filenameOf(`${';filename'.repeat(2_000)}${' '.repeat(8_000)}`)).toBeNull()
    expect(performance.now() - before).toBeLessThan(1_000)
  })
})

describe('the path of a URL', () => {
  it.each([
    ['https://a.test/x/y/photo.jpg?secret=1#f', 'photo.jpg'],
    ['https://a.test/a%20b%C3%B1.pdf', 'a bñ.pdf'],
    ['https://a.test/%2e%2e%2f%2e%2e%2fpasswd', 'passwd'],
    ['https://a.test/%ff.txt', '%ff.txt'],
    ['https://a.test/dir/', null],
    ['https://a.test', null],
  ])('%s gives %j', (url, name) => {
    expect(filenameInPath(new URL(url))).toBe(name)
  })
})

describe('the header of a download', () => {
  it.each([
    [null, 'attachment'],
    ['', 'attachment'],
    ['a b.pdf', `attachment; filename="a b.pdf"; filename*=UTF-8''a%20b.pdf`],
    ['año "x".pdf', `attachment; filename="a_o _x_.pdf"; filename*=UTF-8''a%C3%B1o%20_x_.pdf`],
    [`it's (1)*.txt`, `attachment; filename="it_s _1__.txt"; filename*=UTF-8''it%27s%20%281%29_.txt`],
    [
      'x"\r\nSet-Cookie: a=b',
      `attachment; filename="x_Set-Cookie_ a_b"; filename*=UTF-8''x_Set-Cookie_%20a%3Db`,
    ],
  ])('%j', (name, header) => {
    expect(attachment(name)).toBe(header)
  })

  it('is read back as the same name', () => {
    for (const name of ['report.pdf', '报告 100%.pdf', "it's.txt", '🎉.png'])
      expect(filenameOf(attachment(name))).toBe(name)
  })
})
