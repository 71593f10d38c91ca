import type { Limits } from "../../contract/index.ts";
import type { Fault } from "./fault.ts";
import { broken, brokenCall, brokenEnd } from "./fault.ts";

/** Faults of time limits and of the write limit. */
export const brokenLimits: readonly Fault[] = [
  withLimits("close.lingerIdle", "a close that the peer never answers waits for ever", {
    lingerIdleMs: Infinity,
    lingerTotalMs: Infinity,
  }),
  broken("close.lingerMoves", "a close is cut after lingerIdleMs, whatever the peer says", {
    options: (options) => {
      const { lingerIdleMs = Infinity } = options.limits;
      return { ...options, limits: { ...options.limits, lingerTotalMs: lingerIdleMs } };
    },
  }),
  withLimits("close.lingerTotal", "a peer that talks for ever keeps our close for ever", {
    lingerTotalMs: Infinity,
  }),
  withLimits("close.lingerMax", "any number of connections may linger", { lingerMax: Infinity }),
  brokenCall("close.stall", "a close to a peer that does not read waits for ever", (spot) => ({
    setLimits: (limits) => spot.inner.setLimits({ ...limits, stallMs: Number.MAX_SAFE_INTEGER }),
  })),
  withLimits("limit.stall", "an open connection may stall for ever", { stallMs: Infinity }),
  brokenCall("limit.idle", "limits cannot be changed", () => ({ setLimits: () => {} })),
  brokenEnd("limit.idleEitherWay", "only bytes that come in keep it from being idle", (spot) => {
    let timer: Disposable | null = null;
    const restart = (): void => {
      timer?.[Symbol.dispose]();
      const { idleMs = Infinity } = spot.limits;
      timer = spot.runtime.clock.after(idleMs, () => spot.inner.abortConnection());
    };
    return {
      protocol: {
        connectionMade: (transport) => {
          restart();
          spot.base.connectionMade(transport);
        },
        dataReceived: (data) => {
          restart();
          spot.base.dataReceived(data);
        },
      },
    };
  }),
  withLimits("limit.halfOpen", "a producer may hold a half-open connection for ever", {
    halfOpenIdleMs: Infinity,
  }),
  brokenEnd("limit.halfOpenDownload", "halfOpenIdleMs counts after our own end, too", (spot) => ({
    transport: {
      setLimits: (limits) => {
        spot.inner.setLimits({ ...limits, idleMs: limits.halfOpenIdleMs ?? Infinity });
      },
    },
    protocol: {
      connectionLost: (reason) => {
        const code = reason.code === "ERR_WIRE_IDLE" ? "ERR_WIRE_HALF_OPEN" : reason.code;
        spot.base.connectionLost(code === undefined ? reason : { ...reason, code });
      },
    },
  })),
  brokenCall("limit.write", "the write limit is not looked at", (spot) => ({
    setLimits: (limits) => spot.inner.setLimits({ ...limits, writeLimit: Infinity }),
  })),
  brokenCall("limit.writeOneLarge", "one write above the write limit ends it", (spot) => ({
    write: (data) => {
      const isLarge = data.byteLength > (spot.limits.writeLimit ?? Infinity);
      if (isLarge) spot.inner.abortConnection();
      else spot.inner.write(data);
    },
  })),
  brokenCall("limit.checked", "a limit out of range is silently ignored", (spot) => ({
    setLimits: (limits) => {
      try {
        spot.inner.setLimits(limits);
      } catch {
        return;
      }
    },
  })),
];

function withLimits(caught: string, fault: string, limits: Partial<Limits>): Fault {
  return broken(caught, fault, {
    options: (options) => ({ ...options, limits: { ...options.limits, ...limits } }),
  });
}
