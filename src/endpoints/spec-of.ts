import type { Address } from "../contract/index.ts";
import type { EndpointSpec } from "./grammar.ts";
import { format, parse } from "./grammar.ts";
import { registeredSchemes } from "./registry.ts";

/**
 * The endpoint string that leads to `address`; `undefined` when none does: an unnamed end, or a
 * kind of address that no scheme here has.
 */
export function specOf(address: Address): string | undefined {
  const spec = specValueOf(address);
  return spec === undefined ? undefined : format(spec);
}

/**
 * The endpoint string that leads to `host` through the layers of `listen`, which is where somebody
 * listens; `undefined` when none does.
 *
 * @param options whether the layers keep the options that they have in `listen`.
 */
export function specThrough(
  host: Address,
  listen: string,
  options: "with options" | "bare",
): string | undefined {
  const spec = specValueOf(host);
  if (spec === undefined) return undefined;
  const given = parse(listen).layers.slice(0, -1);
  const layers = options === "bare" ? given.map((one) => ({ ...one, options: {} })) : given;
  const text = format({ ...spec, layers: [...layers, ...spec.layers] });
  // What a layer implies beneath it is not said, as in tls://.
  const implied = registeredSchemes.find(layers.at(-1)?.scheme ?? "")?.implies;
  return implied === undefined ? text : text.replace(`+${implied}:`, ":");
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
    case "pipe": {
      const { name } = address;
      if (name === null) return undefined;
      return { layers: [{ scheme: "pipe", options: {} }], place: { form: "word", name } };
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
