/** A peer's name as numbers: valid during the call. */
export interface PeerName {
  readonly family: number;
  readonly port: number;
  /** The address of family 4, as one number. */
  readonly ipv4: number;
}

const NAME_FIELDS = 3;

/** The names of the peers that a batch tells of, as the reactor wrote them. */
export class PeerNames {
  readonly #table: Int32Array;
  readonly #name = { family: 0, port: 0, ipv4: 0 };

  constructor(table: ArrayBuffer) {
    this.#table = new Int32Array(table);
  }

  /** One for all: valid until the next is asked for. */
  at(index: number): PeerName {
    const at = index * NAME_FIELDS;
    this.#name.family = this.#table[at] as number;
    this.#name.port = this.#table[at + 1] as number;
    this.#name.ipv4 = this.#table[at + 2] as number;
    return this.#name;
  }
}
