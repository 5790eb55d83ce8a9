import { expect, it } from 'vitest'
import { LaravelPosts } from '../../harness/laravel-posts.ts'

it('gives each waiting caller the next POST of its kind about its session, once', async () => {
  const posts = new LaravelPosts()
  const qr = posts.next('/qr', 'shop')
  const active = posts.next('/whatsapp/status active', 'shop')
  posts.arrived('/qr', { session_id: 'cafe', qr: 'of another session' })
  posts.arrived('/whatsapp/status', { session_id: 'shop', estado_qr: 'pending' })
  posts.arrived('/qr', { session_id: 'shop', qr: 'first' })
  posts.arrived('/qr', { session_id: 'shop', qr: 'second' })
  posts.arrived('/whatsapp/status', { session_id: 'shop', estado_qr: 'active' })
  expect((await qr).qr).toBe('first')
  expect((await active).estado_qr).toBe('active')
})
