import { describe, expect, it } from 'vitest'
import { readPhoneNumber } from '../../../src/http/schemas/phone-numbers.ts'

const read = (text: string) => {
  const number = readPhoneNumber(text)
  return 'digits' in number ? number.digits : number.problem
}

describe('a phone number as people write it', () => {
  it.each([
    ['34600000002', '34600000002'],
    ['+34600000002', '34600000002'],
    ['+34 600 000 002', '34600000002'],
    ['+34\u00a0600\u00a0000\u00a0002', '34600000002'],
    ['(+57) 300-123-4567', '573001234567'],
    ['+57 (300) 123-4567', '573001234567'],
    ['+1 (212) 555‑0100', '12125550100'],
    ['+49 171/123 45 67', '491711234567'],
    ['+33 6.12.34.56.78', '33612345678'],
    ['\u202a+34 600 000 002\u202c', '34600000002'],
    ['\u200e34600000002', '34600000002'],
    ['  +34600000002 ', '34600000002'],
  ])('%j is %s', (text, digits) => {
    expect(read(text)).toBe(digits)
  })

  it.each([
    ['600 000 002', /^must begin with \+ and the country code when it is written in groups, such as \+34/],
    ['34 600 000 002', /written in groups/],
    ['(300) 123-4567', /written in groups/],
    ['0034 600 000 002', /^must begin with \+ and the country code in place of 00, such as/],
    ['0034600000002', /in place of 00/],
    ['0600000002', /^must begin with the country code and not with 0, such as/],
    ['+0600000002', /not with 0/],
    ['+49 (0)171 1234567', /^must be without the \(0\)/],
    ['+49 ( 0 ) 171 1234567', /without the \(0\)/],
    ['', /^must be 5 to 20 digits$/],
    ['+', /5 to 20 digits/],
    ['1234', /5 to 20 digits/],
    ['1'.repeat(21), /5 to 20 digits/],
    ['++34600000002', /5 to 20 digits/],
    ['34600000002+', /5 to 20 digits/],
    ['+34 600 000 002 ext. 3', /5 to 20 digits/],
    ['600-FLOWERS', /5 to 20 digits/],
    ['٣٤٦٠٠٠٠٠٠٠٢', /5 to 20 digits/],
  ])('%j is refused: nobody guesses a country', (text, problem) => {
    expect(read(text)).toMatch(problem)
  })

  it('says whether a plus stood before it', () => {
    expect(readPhoneNumber('+34 600 000 002')).toMatchObject({ plus: true })
    expect(readPhoneNumber('34600000002')).toMatchObject({ plus: false })
  })
})
