/**
 * How a line is dialled in more than one way, although it has one number at WhatsApp: Brazil with and without the ninth digit, Mexico
 * as 52 and 521, Argentina as 54 and 549. The other ways to write `digits`, none for the rest of the world.
 */
export function otherForms(digits: string): string[] {
  for (const [short, long] of FORMS) {
    if (long.test(digits)) return [digits.replace(long, '$1$2')]
    const inserted = digits.replace(
      short,
      (_, before: string, after: string) => before + NEEDS[before.slice(0, 2)] + after,
    )
    if (inserted !== digits) return [inserted]
  }
  return []
}

/** What stands in the longer form. */
const NEEDS: Record<string, string> = { '55': '9', '52': '1', '54': '9' }

/** The shorter and the longer form, each with what stands before and after the digit. */
const FORMS: [RegExp, RegExp][] = [
  [/^(55[1-9]\d)([6-9]\d{7})$/, /^(55[1-9]\d)9([6-9]\d{7})$/],
  [/^(52)(\d{10})$/, /^(52)1(\d{10})$/],
  [/^(54)(\d{10})$/, /^(54)9(\d{10})$/],
]
