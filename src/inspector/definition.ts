import type { AnyActorRef } from 'xstate'

/** One text for all sessions: they share the config of one machine. */
const texts = new WeakMap<object, string>()

/** The chart of an actor as JSON, functions as `{type: name}`, as the viewer draws it; of an actor without one its name. */
export function definitionOf(actor: AnyActorRef, name: string): string {
  const { config } = (actor as unknown as { logic: { config?: unknown } }).logic
  // A callback's config is its function.
  if (typeof config !== 'object' || config === null) return JSON.stringify({ id: name })
  const known = texts.get(config)
  if (known !== undefined) return known
  const text = JSON.stringify(config, (_, value) =>
    typeof value === 'function' ? { type: value.name } : value,
  )
  texts.set(config, text)
  return text
}
