/** RFC 6838, 4.2: a restricted name of at most 127 characters. */
const NAME = '[a-z0-9][\\w!#$&^.+-]{0,126}'
const ESSENCE = new RegExp(`^[ \\t]*(?<essence>${NAME}/${NAME})[ \\t]*(?:;|$)`, 'i')

/** Type and subtype of a `Content-Type`, in lower case and without parameters; null if it is none. */
export function essenceOf(contentType: string | null | undefined): string | null {
  return ESSENCE.exec(contentType ?? '')?.groups?.essence?.toLowerCase() ?? null
}
