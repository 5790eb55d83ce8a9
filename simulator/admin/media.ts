import { Hono } from 'hono'
import { z } from 'zod'
import { MEDIA_FAULT_KINDS, type MediaFault } from '../media/faults.ts'
import type { Simulator } from '../simulator.ts'
import { body, Times } from './requests.ts'

const Kind = z.enum(MEDIA_FAULT_KINDS)
const Fault = z.strictObject({
  kind: Kind,
  on: z.enum(['upload', 'download']).optional(),
  path: z.string().startsWith('/').optional(),
  times: Times.optional(),
  status: z.int().min(300).max(599).optional(),
  bytesPerSecond: z.int().min(1).optional(),
})

/** The media host over HTTP: its faults, its files, the authority to trust. */
export function mediaRoutes({ media }: Simulator): Hono {
  const app = new Hono()
  app.get('/media/ca', c => c.text(media.ca))
  app.get('/media', c => c.json({ host: media.host, size: media.files.size, faultsMet: media.faults.met }))
  app.post('/media/faults', async c => {
    media.faults.add((await body(c, Fault)) as MediaFault)
    return c.body(null, 204)
  })
  app.delete('/media/faults', c => {
    media.faults.heal(Kind.optional().parse(c.req.query('kind')))
    return c.body(null, 204)
  })
  app.delete('/media/files', c => {
    const path = z.string().startsWith('/').parse(c.req.query('path'))
    return media.files.expire(path) ? c.body(null, 204) : c.json({ error: `no file at ${path}` }, 404)
  })
  return app
}
