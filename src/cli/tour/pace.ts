/** Time to read between two acts, for a person; they may go on sooner. */
export class Pace {
  readonly #restMs: number;
  #goOn: () => void = () => {};

  constructor(restMs: number) {
    this.#restMs = restMs;
  }

  async rest(): Promise<void> {
    if (this.#restMs === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#goOn = resolve;
      timer = setTimeout(resolve, this.#restMs);
    });
    clearTimeout(timer);
  }

  goOn(): void {
    this.#goOn();
  }
}
