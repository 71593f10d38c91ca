import type { UnixAddress, UnixTransport } from "../../contract/index.ts";
import { ClosedError, UnsupportedError, WireError } from "../../contract/index.ts";
import type { FlowCalls } from "../../flow/index.ts";
import { errnoOf } from "../_drivers/errno.ts";
import type { SocketWire } from "../_drivers/raw-socket.ts";
import { SocketFlowTransport } from "../_drivers/socket-transport.ts";

/** A flow's transport that passes descriptors, where its driver can. */
export class UnixFlowTransport extends SocketFlowTransport implements UnixTransport {
  readonly #flow: FlowCalls;

  constructor(flow: FlowCalls, wire: SocketWire) {
    super(flow, wire);
    this.#flow = flow;
  }

  override getPeer(): UnixAddress {
    return super.getPeer() as UnixAddress;
  }

  override getHost(): UnixAddress {
    return super.getHost() as UnixAddress;
  }

  sendFileDescriptor(fd: number): Promise<void> {
    const { wire } = this;
    const address = this.#flow.host;
    if (!this.capabilities.has("descriptors") || wire.riderOf === undefined) {
      const why = "the portable driver cannot (capability descriptors is absent)";
      throw new UnsupportedError("send a descriptor", why, { address });
    }
    if (typeof fd !== "number") {
      throw new TypeError(`sendFileDescriptor() takes a descriptor's number, not ${String(fd)}`);
    }
    if (!Number.isInteger(fd) || fd < 0 || fd > FD_MAX) {
      throw new RangeError(`sendFileDescriptor() takes a descriptor's number, not ${fd}`);
    }
    let settle!: (hasLeft: boolean) => void;
    const settled = new Promise<void>((resolve, reject) => {
      settle = (hasLeft) => {
        if (hasLeft) resolve();
        else reject(new ClosedError("send a descriptor", { address }));
      };
    });
    settled.catch(() => undefined);
    const rider = wire.riderOf(fd, settle);
    if (rider instanceof Error) throw refusal(fd, rider);
    if (!this.#flow.ride(rider)) rider.stayed();
    return settled;
  }
}

const FD_MAX = 2 ** 31 - 1;

/** A wrong number is a mistake in the call; that none is left is not. */
function refusal(fd: number, error: Error): Error {
  if (errnoOf(error) === "EBADF") {
    return new RangeError(`Cannot send descriptor ${fd}: it is not open`, { cause: error });
  }
  const what = `Cannot send descriptor ${fd}: it cannot be duplicated`;
  return new WireError("ERR_WIRE_BROKEN", what, { cause: error });
}
