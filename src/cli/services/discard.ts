import type { Protocol } from "../../contract/index.ts";

/** Takes everything and says nothing. @see RFC 863 */
export class Discard implements Protocol {
  connectionMade(): void {}

  dataReceived(): void {}

  connectionLost(): void {}
}
