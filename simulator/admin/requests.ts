import type { Context } from 'hono'
import { z } from 'zod'

export const Pn = z.string().regex(/^\d{5,20}$/)
export const GroupJid = z.string().regex(/^\d+@g\.us$/)
/** The other side of a chat. */
export const Chat = z.union([Pn, GroupJid])
export const Times = z.int().min(1).max(1_000_000)

/** The phone number in the path. */
export const pnOf = (c: Context) => Pn.parse(c.req.param('pn'))

/** The JSON of a request, checked; an empty body is `{}`. */
export async function body<T extends z.ZodType>(c: Context, schema: T): Promise<z.output<T>> {
  const text = await c.req.text()
  return schema.parse(text ? JSON.parse(text) : {})
}
