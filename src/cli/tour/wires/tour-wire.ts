import type {
  Address,
  Endpoint,
  EndpointOptions,
  Protocol,
  ProtocolFactory,
} from "../../../contract/index.ts";
import type { RunnableCase, WireUnderTest } from "../../../testing/index.ts";

/** One wire of the tour: how the room is open on it, and how it is tried. */
export interface TourWire {
  /** One word: in the chat, in events, for `--wire`. */
  readonly key: string;
  /** In the table. */
  readonly title: string;
  /** At most three letters, over a column. */
  readonly column: string;
  /** Why it cannot work here, when it cannot. */
  readonly absent?: () => string | undefined;
  /** Opens the room on it and brings its member in; nothing is left when this rejects. */
  readonly open: (entry: Entry) => Promise<OpenWire>;
  /** Pairs of it in real time. `folder` is where sockets may be made. */
  readonly live: (folder: string) => WireUnderTest | Promise<WireUnderTest>;
  /** Where others can connect: a place to listen, and the way there. */
  readonly places?: Places;
  /** For the suite, where time is better virtual. Default: the live one. */
  readonly underTest?: () => WireUnderTest;
  /** Why a case of the suite does not hold on it that lacks no capability, when so. */
  readonly inapplicable?: (one: RunnableCase) => string | undefined;
}

export interface Places {
  /** A fresh one; `path` is free for a socket. */
  readonly server: (path: string) => Endpoint | Promise<Endpoint>;
  readonly leadingTo: (host: Address) => Endpoint;
}

/** What a wire is opened with. */
export interface Entry {
  /** A folder that only its owner enters; it goes when the tour ends. */
  readonly folder: string;
  /** What the member is called in the room. */
  readonly name: string;
  /** Whom the member listens to. */
  readonly speaker: string;
  /** The room's end of everyone who comes. */
  readonly chat: ProtocolFactory;
  readonly roomOptions: EndpointOptions;
  /** The member, where it lives in this process. */
  readonly member: Protocol;
}

/** A wire on which the room is open. */
export interface OpenWire {
  /** Where it is, in words. */
  readonly address: string;
  /** Commands that join the room by it, the best known first. */
  readonly commands: readonly string[];
  /** Of the member, where that is a process of its own. */
  readonly pid?: number;
  /** Takes nobody any more. */
  stopListening(): Promise<void>;
}
