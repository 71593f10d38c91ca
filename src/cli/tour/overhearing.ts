import type { Bytes } from "../../contract/index.ts";
import { LineDecoder } from "../../framing/index.ts";

/** Lines out of bytes that somebody else reads as well. */
export class Overhearing {
  readonly #told: (text: string) => void;
  readonly #lines = new LineDecoder({ lengthMax: LINE_BYTES_MAX });

  constructor(told: (text: string) => void) {
    this.#told = told;
  }

  take(data: Bytes): void {
    for (const line of this.#lines.push(data)) this.#told(new TextDecoder().decode(line));
  }
}

const LINE_BYTES_MAX = 128 * 1024;
