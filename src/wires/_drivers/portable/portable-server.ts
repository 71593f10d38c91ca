import type { ListenOptions, Server, Socket } from "node:net";
import { createServer } from "node:net";
import type { Address } from "../../../contract/index.ts";
import type { RawServer, RawSocket, ServerSeat } from "../raw-socket.ts";

/** A `net.Server`. Node accepts whatever comes: while it is paused, somebody must keep that. */
export class PortableServer<A extends Address = Address> implements RawServer {
  readonly host: A;
  readonly isPausable = false;
  readonly #server: Server;
  readonly #adopt: (socket: Socket) => RawSocket;
  readonly #early: RawSocket[];
  #seat: ServerSeat | null = null;

  private constructor(server: Server, host: A, adopt: (socket: Socket) => RawSocket) {
    this.#server = server;
    this.#adopt = adopt;
    this.host = host;
    this.#early = [];
    server.on("connection", this.#arrived);
    server.on("error", (error) => this.#seat?.failed(error));
  }

  /** @param hostOf the address of the bound server. @throws the system's error. */
  static async listen<A extends Address>(
    options: ListenOptions,
    hostOf: (server: Server) => A,
    adopt: (socket: Socket, host: A) => RawSocket,
  ): Promise<PortableServer<A>> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    const early: Socket[] = [];
    const keep = (socket: Socket): void => void early.push(socket);
    server.on("connection", keep);
    await bound(server, options);
    server.off("connection", keep);
    const host = hostOf(server);
    const made = new PortableServer(server, host, (socket) => adopt(socket, host));
    for (const socket of early) made.#arrived(socket);
    return made;
  }

  begin(seat: ServerSeat): void {
    this.#seat = seat;
    for (const socket of this.#early.splice(0)) seat.arrived(socket);
  }

  pause(): void {
    // Node has no way to leave connections in the system's queue.
  }

  resume(): void {
    // As `pause`.
  }

  close(): void {
    for (const socket of this.#early.splice(0)) socket.discard();
    this.#server.close();
  }

  readonly #arrived = (socket: Socket): void => {
    const adopted = this.#adopt(socket);
    if (this.#seat === null) this.#early.push(adopted);
    else this.#seat.arrived(adopted);
  };
}

function bound(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
