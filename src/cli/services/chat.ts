import type { Address, Bytes, Protocol, Transport } from "../../contract/index.ts";
import { LineDecoder } from "../../framing/index.ts";

const LINE_LENGTH_MAX = 4096;

/**
 * One room for everybody, whatever wire they came on: each line goes to all the others.
 *
 * Control characters are not passed on, so that nobody steers another one's terminal.
 */
export class ChatRoom {
  readonly #members: Set<Member> = new Set();
  #serial = 0;

  /** The protocol of one who comes. */
  readonly member = (peer: Address): Protocol => {
    this.#serial += 1;
    return new Member(this, `${peer.kind}-${this.#serial}`);
  };

  join(member: Member): void {
    const others = [...this.#members].map(({ name }) => name);
    member.tell(`* you are ${member.name}; ${others.join(", ") || "nobody else"} here\n`);
    this.#members.add(member);
    this.say(member, `* ${member.name} came\n`);
  }

  leave(member: Member): void {
    if (this.#members.delete(member)) this.say(member, `* ${member.name} left\n`);
  }

  /** Tells everybody but `from`. */
  say(from: Member, text: string): void {
    for (const member of this.#members) if (member !== from) member.tell(text);
  }
}

class Member implements Protocol {
  readonly name: string;
  readonly #room: ChatRoom;
  readonly #lines = new LineDecoder({ lengthMax: LINE_LENGTH_MAX });
  #transport!: Transport;

  constructor(room: ChatRoom, name: string) {
    this.#room = room;
    this.name = name;
  }

  tell(text: string): void {
    this.#transport.write(new TextEncoder().encode(text));
  }

  connectionMade(transport: Transport): void {
    this.#transport = transport;
    this.#room.join(this);
  }

  dataReceived(data: Bytes): void {
    for (const line of this.#lines.push(data)) {
      const text = new TextDecoder().decode(line).replace(/\p{Cc}/gu, "");
      this.#room.say(this, `${this.name}: ${text}\n`);
    }
  }

  connectionLost(): void {
    this.#room.leave(this);
  }
}
