/** What a hostile peer may write: markup, a turned direction, nothing to see, ten thousand characters. */
export const HOSTILE = {
  script: '<script>window.hit=1</script><img src=x onerror="window.hit=1">',
  turned: '\u202egnp.gpj.yadiloh\u202c \u2067right to left\u2069 \u202eend',
  unseen: '\u200b\u200b\u2060\ufeff',
  long: `${'0123456789 '.repeat(909)}the end`,
}
