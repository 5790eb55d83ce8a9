/** The reads of a port, each answered by a promise. */
export type Answered<Reads> = {
  [Name in keyof Reads]: Reads[Name] extends (...given: infer Given) => infer Answer
    ? (...given: Given) => Promise<Awaited<Answer>>
    : Reads[Name]
}
