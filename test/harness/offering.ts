import { offer } from '../../harness/rpc.ts'

/** A child that offers some commands. */
offer({
  double: (n: number) => n * 2,
  fail() {
    throw new Error('no')
  },
  leave() {
    process.exit(3)
  },
})
