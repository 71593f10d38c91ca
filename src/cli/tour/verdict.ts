/** What was checked, and which wires failed it. */
export class Verdict {
  readonly #faults: { readonly wire: string | null; readonly what: string }[] = [];
  #checks = 0;
  /** How many checks were left out for want of time. */
  notTried = 0;

  /** How many checks there were. */
  get checks(): number {
    return this.#checks;
  }

  get faults(): readonly { readonly wire: string | null; readonly what: string }[] {
    return this.#faults;
  }

  /** Notes a check of a wire, or of none in particular. @returns `holds`, for whoever shows it. */
  check(holds: boolean, wire: string | null, what: string): boolean {
    this.#checks += 1;
    if (!holds) this.#faults.push({ wire, what });
    return holds;
  }

  faultsOf(wire: string): readonly string[] {
    return this.#faults.filter((fault) => fault.wire === wire).map(({ what }) => what);
  }
}
