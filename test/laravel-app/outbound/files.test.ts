import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { LaravelHost } from '../laravel-host.ts'
import { describeWithLaravel } from '../php.ts'
import { refusal, ScriptedManager, SENT } from './scripted-manager.ts'

describeWithLaravel('files of disks', () => {
  let host: LaravelHost
  const manager = new ScriptedManager()
  beforeAll(async () => {
    await manager.listen()
    host = await LaravelHost.create({ env: { WHATSAPP_MANAGER_URL: manager.url } })
    await run(
      "Storage::put('cat.jpg', 'a cat'); Storage::put('big.bin', str_repeat('x', 17 * 1024 * 1024)); return 1;",
    )
  }, 60_000)
  afterAll(async () => {
    await host?.end()
    await manager.close()
  })
  beforeEach(() => manager.will(SENT))

  const run = <T = unknown>(php: string) => host.run<T>(`use Illuminate\\Support\\Facades\\Storage; ${php}`)

  /** A disk whose temporary URLs have this host, each signed anew. */
  const disk = (at: string) =>
    `Storage::disk('local')->buildTemporaryUrlsUsing(fn ($path) => 'https://${at}/'.$path.'?signature='.uniqid());`
  const image = (options = '', path = 'cat.jpg') => `
    WhatsApp::session('shop')->to('34600000002')${options}
        ->image(WhatsAppManager\\Laravel\\Notifications\\MediaFile::fromStorage('${path}'), 'A cat');`
  const sent = () => manager.asked.map(({ body }) => body)

  it('go along with the request where the disk makes no URL', async () => {
    await run(`${image()} return 1;`)
    expect(sent()).toEqual([
      {
        ...{ session_id: 'shop', wa_id: '34600000002', type: 'image', caption: 'A cat', filename: 'cat.jpg' },
        media_base64: Buffer.from('a cat').toString('base64'),
      },
    ])
  })

  it('go by a temporary URL on the internet, which is the same for the same message', async () => {
    await run(
      `${disk('bucket.s3.amazonaws.com')} ${image("->once('k')")} ${image("->once('k')")} ${image("->once('l')")} return 1;`,
    )
    const urls = sent().map(({ mediaUrl }) => mediaUrl)
    expect(urls[0]).toMatch(/^https:\/\/bucket\.s3\.amazonaws\.com\/cat\.jpg\?signature=/)
    expect(urls[1]).toBe(urls[0])
    expect(urls[2]).not.toBe(urls[0])
    expect(sent().map(body => 'media_base64' in body)).toEqual([false, false, false])
  })

  it('go along where the URL is at an address that a manager does not fetch from', async () => {
    const local = [
      'localhost',
      '127.0.0.1',
      'app.test',
      'minio',
      '10.0.0.7',
      '192.168.1.2',
      '[::1]',
      '[fd00::1]',
    ]
    await run(`${local.map(at => `${disk(at)} ${image()}`).join('\n')} return 1;`)
    expect(sent()).toEqual(local.map(() => expect.objectContaining({ media_base64: expect.any(String) })))
  })

  it('go by such a URL if the application says so', async () => {
    await host.setEnv({ WHATSAPP_MEDIA: 'url' })
    await run(`${disk('minio')} ${image()} return 1;`)
    expect(sent()).toMatchObject([{ mediaUrl: expect.stringContaining('https://minio/cat.jpg') }])
    await host.setEnv({ WHATSAPP_MEDIA: 'upload' })
    await run(`${disk('bucket.s3.amazonaws.com')} ${image()} return 1;`)
    expect(sent()[1]).toMatchObject({ media_base64: expect.any(String) })
    await host.setEnv({ WHATSAPP_MEDIA: null })
  })

  it.each([
    'MEDIA_URL_FORBIDDEN',
    'MEDIA_UNREACHABLE',
  ])('go along after %s, under the next key', async code => {
    manager.will(refusal(422, code), SENT)
    await run(`${disk('intranet.shop.com')} ${image(`->once('${code}')`)} return 1;`)
    expect(sent()).toMatchObject([{ mediaUrl: expect.any(String) }, { media_base64: expect.any(String) }])
    expect(manager.keys()).toEqual([code, `${code}~1`])
  })

  it('are refused here when they are too large to go along', async () => {
    const error = await run(
      `try { ${image('', 'big.bin')} } catch (Throwable $e) { return $e->getMessage(); }`,
    )
    expect(error).toMatch(/16 MB.*MEDIA_TOO_LARGE/)
    expect(sent()).toEqual([])
  })

  it('are named when they are not there', async () => {
    const error = await run(
      `try { ${image('', 'dog.jpg')} } catch (Throwable $e) { return $e->getMessage(); }`,
    )
    expect(error).toContain('dog.jpg on disk local')
  })

  it('that came are stored under their hash, whatever their sender called them, and only if they are whole', async () => {
    const id = createHash('sha256').update('the sea').digest('hex')
    manager.will({ status: 200, body: 'the sea' })
    const path = await run(`
      $path = WhatsApp::media(['id' => '${id}', 'mimetype' => 'image/jpeg; x=y', 'filename' => '../../evil.php'])->store('in');
      return [$path, Storage::get($path)];`)
    expect(path).toEqual([`in/${id}.jpg`, 'the sea'])
    expect(manager.asked[0]).toMatchObject({ method: 'GET', path: `/media/${id}` })
    expect(
      await run(
        `return WhatsApp::media(['id' => '${id}', 'mimetype' => 'x/y', 'filename' => 'evil.php'])->store('in');`,
      ),
    ).toBe(`in/${id}.bin`)
    manager.will({ status: 200, body: 'the s' })
    expect(
      await run(
        `try { WhatsApp::media('${id}')->store('other'); } catch (Throwable $e) { return [$e->errorCode(), Storage::files('other')]; }`,
      ),
    ).toEqual(['MEDIA_CORRUPT', []])
    manager.will(refusal(404, 'NOT_FOUND'))
    expect(
      await run(
        `try { WhatsApp::media('${id}')->store('other'); } catch (Throwable $e) { return $e->errorCode(); }`,
      ),
    ).toBe('NOT_FOUND')
  })
})
