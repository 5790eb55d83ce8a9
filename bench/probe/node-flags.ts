/** Node's flags for a process that is measured from inside. */
export const PROBE_FLAGS = ['--expose-gc', '--import', './bench/probe/probe.ts']
