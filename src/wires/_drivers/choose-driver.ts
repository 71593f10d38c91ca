import type { DriverName } from "../../contract/index.ts";
import { UnsupportedError } from "../../contract/index.ts";
import { whyNotNative } from "./native/addon.ts";
import { nativeDriver } from "./native/native-driver.ts";
import { portableDriver } from "./portable/portable-driver.ts";
import type { SocketDriver } from "./raw-socket.ts";

/**
 * The driver of a wire: the one asked for; else the one that OVERWALL_DRIVER names; else the native
 * one where it loads.
 *
 * @throws {UnsupportedError} ERR_WIRE_UNSUPPORTED when the native one is asked for and does not
 *   load.
 * @throws {RangeError} for another name.
 */
export function socketDriver(asked?: DriverName): SocketDriver {
  const { name, why } = chosenDriver(asked);
  if (name === "portable") return portableDriver;
  if (why === null) return nativeDriver;
  throw new UnsupportedError("use the native driver", why);
}

/** Which driver would be used, and why that is not the native one, or why it fails. */
export function chosenDriver(asked?: DriverName): {
  readonly name: DriverName;
  readonly why: string | null;
} {
  const name = asked ?? process.env["OVERWALL_DRIVER"] ?? "";
  if (name === "portable") return { name, why: "the portable one was asked for" };
  if (name !== "" && name !== "native") {
    const from = asked === undefined ? "the environment variable OVERWALL_DRIVER" : "driver";
    throw new RangeError(`${from} is native or portable, not ${JSON.stringify(name)}`);
  }
  const why = whyNotNative();
  return { name: why === null || name === "native" ? "native" : "portable", why };
}
