import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config.ts'

function refusal(env: Record<string, string>): string {
  try {
    loadConfig(env)
  } catch (error) {
    return String((error as Error).message)
  }
  throw new Error(`accepted: ${JSON.stringify(env)}`)
}

describe('where media are kept', () => {
  it.each([
    ['s3://media', { bucket: 'media', prefix: '' }],
    ['s3://my.media-2/', { bucket: 'my.media-2', prefix: '' }],
    ['s3://media/wm', { bucket: 'media', prefix: 'wm' }],
    ['s3://media/a/b_c/', { bucket: 'media', prefix: 'a/b_c' }],
    ['file:///mnt/media/', { folder: '/mnt/media' }],
    ['file:///srv/all nodes', { folder: '/srv/all nodes' }],
  ])('MEDIA_URL=%s', (text, url) => {
    expect(loadConfig({ MEDIA_URL: text }).media.store.url).toEqual(url)
  })

  it.each([
    'media',
    's3:media',
    's3://',
    's3://Media/a',
    's3://media/a//b',
    's3://media/../a',
    's3://media/a b',
    's3://media?region=x',
    'https://media.s3.amazonaws.com',
    'file://host/media',
    'file:///',
    'file:///a%2f..',
    'file://media',
  ])('MEDIA_URL=%s is none', text => {
    expect(refusal({ MEDIA_URL: text })).toBe(
      `MEDIA_URL=${JSON.stringify(text)} is not valid: give s3://bucket/prefix, or file:///folder of a folder that all nodes mount`,
    )
  })

  it('is no place for keys, which are not shown', () => {
    expect(refusal({ MEDIA_URL: 's3://AKIAX:hunter2@media' })).toContain('MEDIA_URL="s3://***@media"')
  })

  it.each(['AWS_REGION', 'AWS_ENDPOINT_URL_S3'])('%s is looked at for a bucket alone', name => {
    for (const media of ['', 'file:///media'])
      expect(loadConfig({ [name]: 'meant for others!', MEDIA_URL: media }).media.store).toMatchObject({
        region: null,
        endpoint: null,
      })
    expect(refusal({ [name]: 'wrong one!', MEDIA_URL: 's3://media' })).toContain(`${name}=`)
  })
})
