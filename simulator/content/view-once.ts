/**
 * What linked devices get of a message that may be seen once. WhatsApp gives them a stub, `<unavailable type="view_once"/>`, which is
 * to be acknowledged and no more; should a copy that can be seen come, too, it has the same id.
 */
export const VIEW_ONCE = ['stub', 'copy', 'stub-first', 'copy-first'] as const

export type ViewOnce = (typeof VIEW_ONCE)[number]

/** What goes out to a linked device for one message, in order. */
export function forLinkedDevices<T extends { viewOnce?: ViewOnce; unavailable?: true | string }>(
  sent: T,
): T[] {
  const stub: T = { ...sent, unavailable: 'view_once' }
  const both = { stub: [stub], copy: [sent], 'stub-first': [stub, sent], 'copy-first': [sent, stub] }
  return sent.viewOnce ? both[sent.viewOnce] : [sent]
}

/** Under either of its names. */
export const isViewOnceStub = ({ unavailable }: { unavailable?: true | string }): boolean =>
  unavailable === 'view_once' || unavailable === 'view_once_unavailable_fanout'
