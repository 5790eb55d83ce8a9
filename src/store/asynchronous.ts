/** The reads of a port as SQLite answers them: at once, from its read-only connection. */
export type Synchronous<Reads> = {
  [Name in keyof Reads]: Reads[Name] extends (...given: infer Given) => infer Answer
    ? (...given: Given) => AtOnce<Answer>
    : Reads[Name]
}

type AtOnce<Answer> = Answer extends Promise<infer Found> ? Found : Rows<Answer>
type Rows<Answer> = Answer extends AsyncIterable<infer Row> ? IteratorObject<Row, void> : Answer
type Read = (...given: unknown[]) => unknown

/** The same reads as the port promises them: each answers by a promise, a generator row by row; what one throws rejects. */
export function asynchronous<Reads extends object>(reads: Synchronous<Reads>): Reads {
  const named: [string, Read][] = Object.entries(reads)
  return Object.fromEntries(named.map(([name, read]) => [name, answering(read)])) as Reads
}

function answering(read: Read): Read {
  return (...given) => {
    try {
      const found = read(...given)
      return found instanceof Iterator ? rowByRow(found) : Promise.resolve(found)
    } catch (error) {
      return Promise.reject(error)
    }
  }
}

async function* rowByRow(rows: IteratorObject<unknown>): AsyncGenerator<unknown> {
  yield* rows
}
