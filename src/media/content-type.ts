/** Type and subtype of a `Content-Type`, in lower case and without parameters; null if it is none (RFC 6838, 4.2). */
export function essenceOf(contentType: string | null | undefined): string | null {
  const name = '[a-z0-9][\\w!#$&^.+-]{0,126}'
  const found = new RegExp(`^[ \\t]*(${name}/${name})[ \\t]*(?:;|$)`, 'i').exec(contentType ?? '')
  return found?.[1]!.toLowerCase() ?? null
}
