/** Node's flags for a process that is measured from inside. */
export const PROBED = ['--expose-gc', '--import', './bench/probe.ts']
