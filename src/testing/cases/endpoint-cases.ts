import type { Limits, ListeningPort, Transport } from "../../contract/index.ts";
import { check, checkSame, describe, hasCode } from "../check.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { checkBytes, pattern } from "../pattern.ts";
import type { Stage } from "../stage.ts";
import { microtasks } from "../stage.ts";
import type { Role, StageEnd } from "../stage-end.ts";
import type { Place } from "../wire-under-test.ts";

const LISTEN = { needs: ["listen"], byEndpoint: true } as const;

/** Listening and connecting. */
export const endpointCases: readonly ConformanceCase[] = [
  {
    id: "endpoint.listen",
    clause:
      "listen resolves when bound; the factory is called in a later turn, with the true peer.",
    ...LISTEN,
    async run(stage) {
      const { place, port, servers, peers } = await listening(stage);
      checkSame(peers.length, 0, "factory calls before anybody connected");
      checkSame(typeof port.getHost().kind, "string", "the kind of the address it is bound to");
      const client = await connected(stage, place, port);
      await stage.until("the connection to be made there", () => servers.length > 0);
      const [server] = servers as [StageEnd];
      checkSame(peers, [server.transport.getPeer()], "the peer that the factory was told");
      checkSame(port.connections, 1, "connections");
      client.transport.write(pattern(1000));
      await stage.until("the bytes", () => server.byteCount >= 1000);
      client.transport.loseConnection();
      await stage.until("the end", () => server.isLost && client.isLost);
      await stage.until("no connection to be counted", () => port.connections === 0);
    },
  },
  {
    id: "endpoint.connectResolves",
    clause:
      "connect resolves to its protocol once connectionMade returned; no data before its microtasks ran.",
    ...LISTEN,
    async run(stage) {
      const greet = (transport: Transport): void => transport.write(pattern(100));
      const { place, port } = await listening(stage, { made: greet });
      const client = stage.end();
      const seen: string[] = [];
      const connecting = place.leadingTo(port).connect(client.protocol, stage.options());
      const noting = connecting.then(async (protocol) => {
        check(protocol === client.protocol, "connect did not resolve to the protocol it was given");
        for (let round = 0; round < 8; round++) {
          seen.push(client.calls.join());
          await microtasks(1);
        }
      });
      await stage.settled("the connection", noting);
      checkSame(seen, new Array(8).fill("made"), "what the protocol was told meanwhile");
      await stage.until("the greeting", () => client.byteCount >= 100);
      checkBytes(client.chunks, pattern(100), "the greeting");
    },
  },
  {
    id: "endpoint.refused",
    clause:
      "A connect that nobody answers rejects with ERR_WIRE_REFUSED and calls no protocol method.",
    ...LISTEN,
    async run(stage) {
      const { place, port } = await listening(stage);
      await stage.settled("listening to stop", port.stopListening());
      const client = stage.end();
      const error = await rejection(
        stage,
        place.leadingTo(port).connect(client.protocol, stage.options()),
      );
      check(
        hasCode("ERR_WIRE_REFUSED")(error),
        `it must reject with ERR_WIRE_REFUSED: ${describe(error)}`,
      );
      await stage.turns();
      checkSame(client.calls, [], "what the protocol was told");
    },
  },
  {
    id: "endpoint.cancel",
    clause: "A connect whose signal is aborted rejects with its reason, and leaves nothing behind.",
    ...LISTEN,
    async run(stage) {
      const { place, port, servers } = await listening(stage);
      const reason = new Error("changed our mind");
      for (const when of ["before", "during"] as const) {
        const client = stage.end();
        const controller = new AbortController();
        if (when === "before") controller.abort(reason);
        const options = { ...stage.options(), signal: controller.signal };
        const connecting = place.leadingTo(port).connect(client.protocol, options);
        if (when === "during") controller.abort(reason);
        const error = await rejection(stage, connecting);
        check(
          error === reason,
          `aborted ${when} it must reject with the reason: ${describe(error)}`,
        );
        await stage.turns(48);
        checkSame(client.calls, [], `what the protocol was told, aborted ${when}`);
      }
      await stage.until("the server to be rid of it", () =>
        servers.every((server) => server.isLost),
      );
      await stage.until("no connection to be counted", () => port.connections === 0);
    },
  },
  {
    id: "endpoint.factoryRefuses",
    clause: "A factory that gives null or throws refuses that connection; listening goes on.",
    ...LISTEN,
    async run(stage) {
      const place = await stage.place();
      const error = new Error("the factory broke");
      const server = stage.end();
      let calls = 0;
      const factory = (): StageEnd["protocol"] | null => {
        calls++;
        if (calls === 1) return null;
        if (calls === 2) throw error;
        return server.protocol;
      };
      const port = await stage.settled("listening", place.server.listen(factory, stage.options()));
      for (const expected of [1, 2]) {
        const refused = stage.end();
        const connecting = place.leadingTo(port).connect(refused.protocol, stage.options());
        connecting.catch(() => {});
        await stage.until("the factory to refuse", () => calls >= expected);
        await stage.until(
          "the refused end to be told",
          () => refused.isLost || refused.calls.length === 0,
        );
        await stage.turns();
      }
      check(
        stage.reported.some((reported) => reported.error === error),
        "onError was not told",
      );
      const client = await connected(stage, place, port);
      client.transport.write(pattern(10));
      await stage.until("the accepted connection to work", () => server.byteCount >= 10);
      await stage.settled("listening to stop", port.stopListening());
    },
  },
  {
    id: "endpoint.stopListening",
    clause:
      "stopListening neither closes connections nor waits for them; called twice, the same promise.",
    ...LISTEN,
    async run(stage) {
      const { place, port, servers } = await listening(stage);
      const client = await connected(stage, place, port);
      await stage.until("the connection to be made there", () => servers.length > 0);
      const [server] = servers as [StageEnd];
      const host = JSON.stringify(port.getHost());
      const stopping = port.stopListening();
      check(port.stopListening() === stopping, "called twice it gave another promise");
      await stage.settled("listening to stop", stopping);
      checkSame(await stage.settled("closed to settle", port.closed), null, "closed");
      checkSame(JSON.stringify(port.getHost()), host, "the address after it stopped");
      client.transport.write(pattern(1000));
      await stage.until("the connection to work on", () => server.byteCount >= 1000);
      check(!server.isLost && !client.isLost, "the connection was closed");
    },
  },
  {
    id: "endpoint.inUse",
    clause: "listen where somebody listens already rejects with ERR_WIRE_ADDRESS_IN_USE.",
    ...LISTEN,
    async run(stage) {
      const { place, port } = await listening(stage);
      const error = await rejection(
        stage,
        place.leadingTo(port).listen(() => null, stage.options()),
      );
      const isInUse = hasCode("ERR_WIRE_ADDRESS_IN_USE")(error);
      check(isInUse, `it must reject with ERR_WIRE_ADDRESS_IN_USE: ${describe(error)}`);
      await connected(stage, place, port);
    },
  },
  {
    id: "endpoint.madeThrows",
    clause:
      "A throw in connectionMade aborts that connection, and rejects its connect with the error.",
    ...LISTEN,
    async run(stage) {
      const { place, port } = await listening(stage);
      const error = new Error("connectionMade broke");
      const broken = (): void => {
        throw error;
      };
      const client = stage.end({ made: broken });
      const saw = await rejection(
        stage,
        place.leadingTo(port).connect(client.protocol, stage.options()),
      );
      check(
        saw === error || (saw as Error | undefined)?.cause === error,
        `connect must reject with the error: ${describe(saw)}`,
      );
      await stage.until("the end", () => client.isLost);
      const { kind, by, code } = client.reasons[0] ?? {};
      const expected = { kind: "failed", by: "us", code: "ERR_WIRE_PROTOCOL_THREW" };
      checkSame({ kind, by, code }, expected, "the reason");
    },
  },
  {
    id: "endpoint.pauseAccepting",
    clause:
      "While accepting is paused no connection reaches the factory; after it resumed those that waited do.",
    ...LISTEN,
    async run(stage) {
      const { place, port, servers } = await listening(stage);
      port.pauseAccepting();
      const client = stage.end();
      const connecting = place.leadingTo(port).connect(client.protocol, stage.options());
      connecting.catch(() => {});
      await stage.turns(48);
      checkSame(servers.length, 0, "connections made while accepting was paused");
      port.resumeAccepting();
      await stage.settled("the connection", connecting);
      await stage.until("the connection to be made there", () => servers.length > 0);
    },
  },
  {
    id: "endpoint.maxConnections",
    clause:
      "A listener serves maxConnections at once; the next one is accepted when one has ended.",
    ...LISTEN,
    async run(stage) {
      const { place, port, servers } = await listening(stage, {}, { maxConnections: 1 });
      const first = await connected(stage, place, port);
      await stage.until("the first connection to be made there", () => servers.length > 0);
      const second = stage.end();
      const connecting = place.leadingTo(port).connect(second.protocol, stage.options());
      connecting.catch(() => {});
      await stage.turns(48);
      checkSame([servers.length, port.connections], [1, 1], "connections made and counted");
      first.transport.loseConnection();
      await stage.until("the second connection to be made there", () => servers.length > 1);
      await stage.settled("the second connection", connecting);
    },
  },
];

interface Listening {
  readonly place: Place;
  readonly port: ListeningPort;
  /** The ends of accepted connections whose connectionMade has run. */
  readonly servers: StageEnd[];
  readonly peers: unknown[];
}

/** Listens at a fresh place with protocols that play `role`. */
async function listening(
  stage: Stage,
  role: Role = {},
  limits: Partial<Limits> = {},
): Promise<Listening> {
  const place = await stage.place();
  const servers: StageEnd[] = [];
  const peers: unknown[] = [];
  const made: Role["made"] = (transport, end) => {
    servers.push(end);
    return role.made?.(transport, end);
  };
  const listen = place.server.listen((peer) => {
    peers.push(peer);
    return stage.end({ ...role, made }).protocol;
  }, stage.options(limits));
  const port = await stage.settled("listening", listen);
  stage.enter(port);
  return { place, port, servers, peers };
}

async function connected(stage: Stage, place: Place, port: ListeningPort): Promise<StageEnd> {
  const client = stage.end();
  const connecting = place.leadingTo(port).connect(client.protocol, stage.options());
  await stage.settled("the connection", connecting);
  return client;
}

async function rejection(stage: Stage, promise: Promise<unknown>): Promise<unknown> {
  const outcome = promise.then(
    () => "it did not reject",
    (error: unknown) => error,
  );
  return stage.settled("the promise to settle", outcome);
}
