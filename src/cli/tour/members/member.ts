import type { Bytes, Protocol, Transport } from "../../../contract/index.ts";
import { LineDecoder } from "../../../framing/index.ts";
import { ALL_SAID, accountWords, END_OF_INPUT, heardWords, Listening } from "./speech.ts";

/**
 * One who is in the room, on any wire: listens to the speaker, tells what it heard, and says
 * goodbye behind the room's end.
 */
export class Member implements Protocol {
  readonly #speaker: string;
  readonly #overheard: (text: string) => void;
  readonly #lines = new LineDecoder({ lengthMax: LINE_BYTES_MAX });
  #listening = new Listening();
  #transport!: Transport;

  /** @param overheard takes every line that is not the speaker's. */
  constructor(speaker: string, overheard: (text: string) => void = () => {}) {
    this.#speaker = speaker;
    this.#overheard = overheard;
  }

  /** The member's own end, once it is in. */
  get transport(): Transport {
    return this.#transport;
  }

  say(text: string): void {
    this.#transport.write(new TextEncoder().encode(`${text}\n`));
  }

  connectionMade(transport: Transport): void {
    this.#transport = transport;
  }

  dataReceived(data: Bytes): void {
    for (const line of this.#lines.push(data)) this.#hear(new TextDecoder().decode(line));
  }

  readConnectionLost(): void {
    const { accepted, delivered } = this.#transport.ledger;
    this.say(accountWords({ received: delivered, said: accepted }));
    this.#transport.loseConnection();
  }

  connectionLost(): void {}

  #hear(text: string): void {
    if (text === END_OF_INPUT) {
      this.readConnectionLost();
      return;
    }
    const mark = `${this.#speaker}: `;
    if (!text.startsWith(mark)) {
      this.#overheard(text);
      return;
    }
    const said = text.slice(mark.length);
    if (this.#listening.take(said) || said !== ALL_SAID) return;
    this.say(heardWords(this.#listening.heard));
    this.#listening = new Listening();
  }
}

/** A line of the speaker, with the speaker's name before it. */
const LINE_BYTES_MAX = 128 * 1024;
