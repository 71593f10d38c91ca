/** Everything a test started; disposing ends it, the last first. */
export class Programs implements AsyncDisposable {
  readonly #all: AsyncDisposable[] = [];

  use<T extends AsyncDisposable>(program: T): T {
    this.#all.push(program);
    return program;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#all.toReversed()) await program[Symbol.asyncDispose]();
  }
}
