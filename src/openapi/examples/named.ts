/** Examples under their titles, as a media type of OpenAPI has them; nothing if there are none. */
export function named<T extends { title: string }>(examples: T[], valueIn: (example: T) => unknown) {
  const entries = examples.map(example => [
    example.title.toLowerCase().replace(/[^a-z0-9]+/g, '-'),
    { summary: example.title, value: valueIn(example) },
  ])
  return entries.length > 0 ? { examples: Object.fromEntries(entries) } : {}
}
