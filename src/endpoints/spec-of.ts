import type { Address } from "../contract/index.ts";
import type { EndpointSpec } from "./grammar.ts";
import { format } from "./grammar.ts";

/**
 * The endpoint string that leads to `address`; `undefined` when none does: an unnamed end, or a
 * kind of address that no scheme here has.
 */
export function specOf(address: Address): string | undefined {
  const spec = specValueOf(address);
  return spec === undefined ? undefined : format(spec);
}

function specValueOf(address: Address): EndpointSpec | undefined {
  switch (address.kind) {
    case "tcp": {
      const { host, port } = address;
      return { layers: [{ scheme: "tcp", options: {} }], place: { form: "authority", host, port } };
    }
    case "unix": {
      const { path } = address;
      if (path === null) return undefined;
      return { layers: [{ scheme: "unix", options: {} }], place: { form: "path", path } };
    }
    case "memory": {
      const { name } = address;
      return { layers: [{ scheme: "memory", options: {} }], place: { form: "name", name } };
    }
    case "stdio":
      return { layers: [{ scheme: "stdio", options: {} }], place: { form: "nothing" } };
    case "file": {
      const { path } = address;
      return { layers: [{ scheme: "file", options: {} }], place: { form: "file", path } };
    }
    default:
      return undefined;
  }
}
