import type { Context } from 'hono'
import { z } from 'zod'

export const Pn = z.string().regex(/^\d{5,20}$/)
export const GroupJid = z.string().regex(/^\d+@g\.us$/)
/** The other side of a chat. */
export const Chat = z.union([Pn, GroupJid])
/** A message of a chat. */
export const About = { to: Chat, id: z.string().min(1) }
export const Addressing = z.enum(['pn', 'lid'])
/** Milliseconds since 1970. */
export const At = z.int().min(0)
export const Times = z.int().min(1).max(1_000_000)

/** The phone number in the path. */
export const pnOf = (c: Context) => Pn.parse(c.req.param('pn'))

/** The JSON of a request, checked; an empty body is `{}`. */
export async function body<T extends z.ZodType>(c: Context, schema: T): Promise<z.output<T>> {
  const text = await c.req.text()
  return schema.parse(text ? JSON.parse(text) : {})
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

/** The same without what is undefined. */
export function defined<T extends object>(about: T): Defined<T> {
  return Object.fromEntries(Object.entries(about).filter(([, value]) => value !== undefined)) as Defined<T>
}
