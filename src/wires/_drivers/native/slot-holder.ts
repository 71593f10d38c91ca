import type { Bytes } from "../../../contract/index.ts";
import type { PeerName } from "./peer-names.ts";

/** Who holds a slot, and is told what happens there: what cannot happen to it is absent. */
export interface SlotHolder {
  /** @returns `true` where nobody has kept the chunk; otherwise it is the receiver's for ever. */
  received?(chunk: Bytes): unknown;
  ended?(): void;
  failed?(errno: number): void;
  writable?(): void;
  /** The connection was made, or not. */
  connected?(errno: number): void;
  /** Nobody reads any more what is written there. */
  gone?(): void;
  /** A connection arrived: its slot, and its name, valid during the call. */
  accepted?(slot: number, name: PeerName): void;
  notAccepted?(errno: number): void;
  /** The process has exited. */
  exited?(): void;
  /** Descriptors came along, ahead of the bytes that are told next; the receiver's to close. */
  rightsReceived?(fds: readonly number[]): void;
  /** More was carried to the slot. */
  carried?(): void;
  /** How many bytes of a staged send were handed over, or -errno; 0 or -errno of a staged end. */
  ran?(result: number): void;
}
