import fc from "fast-check";
import type {
  EndpointSpec,
  OptionValue,
  Place,
  Scheme,
  Schemes,
} from "../../src/endpoints/index.ts";

/** Anything that a spec can say, of these schemes. */
export function anySpec(schemes: Schemes): fc.Arbitrary<EndpointSpec> {
  const host = fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.ipV6().map((text) => text.toLowerCase()),
  );
  const path = fc
    .string({ unit: "grapheme", minLength: 1 })
    .map((text) => text.replaceAll("\0", "0"));
  const place: fc.Arbitrary<Place> = fc.oneof(
    fc.tuple(host, fc.nat({ max: 65_535 })).map(([name, port]) => ({
      form: "authority" as const,
      host: name,
      port,
    })),
    fc
      .tuple(fc.constantFrom("/", "./", "../", "@"), path)
      .map((parts) => ({ form: "path" as const, path: parts.join("") }))
      .filter((where) => !where.path.endsWith("/") || where.path.startsWith("@")),
    path.map((name) => ({ form: "name" as const, name })),
    path.map((name) => ({ form: "word" as const, name })),
    fc
      .tuple(fc.constantFrom("/", "./", "../"), path)
      .map((parts) => ({ form: "file" as const, path: parts.join("") })),
    fc
      .array(fc.nat({ max: 999_999_999 }), { minLength: 1, maxLength: 2 })
      .map((numbers) => ({ form: "numbers" as const, numbers })),
    fc
      .tuple(path, fc.array(fc.oneof(path, shellLike()), { maxLength: 4 }))
      .map(([command, args]) => ({ form: "command" as const, words: [command, ...args] })),
    fc.constant({ form: "nothing" as const }),
  );
  return fc
    .tuple(place, fc.array(fc.constantFrom("tls", "mux"), { maxLength: 3 }))
    .chain(([where, upper]) => {
      const bottom = {
        authority: "tcp",
        path: "unix",
        name: "memory",
        word: "pipe",
        file: "file",
        numbers: "fd",
        command: "process",
        nothing: "stdio",
      }[where.form];
      const layers = [...upper, bottom].map((scheme) =>
        // A command goes to the end of the string: nothing is left to stand behind it.
        optionsOf(where.form === "command" ? undefined : schemes.find(scheme)).map((options) => ({
          scheme,
          options,
        })),
      );
      return fc.tuple(...layers).map((all) => ({ layers: all, place: where }));
    });
}

/** What a shell would read as more than itself, and the empty word. */
function shellLike(): fc.Arbitrary<string> {
  const marks = [
    "'",
    '"',
    "\\",
    "$",
    "`",
    "|",
    "&",
    ";",
    "?",
    "#",
    "%20",
    "=",
    "@",
    ":",
    " ",
    "\n",
    "a",
  ];
  return fc.array(fc.constantFrom(...marks), { maxLength: 6 }).map((parts) => parts.join(""));
}

function optionsOf(scheme: Scheme | undefined): fc.Arbitrary<Record<string, OptionValue>> {
  const values = {
    number: fc.maxSafeNat(),
    boolean: fc.boolean(),
    mode: fc.nat({ max: 0o777 }),
    duration: fc.oneof(fc.nat(), fc.constant(Infinity)),
    size: fc.oneof(fc.maxSafeNat(), fc.constant(Infinity)),
    text: fc.string({ unit: "grapheme", minLength: 1 }).map((text) => text.replaceAll("\0", "0")),
  };
  const keys = Object.entries(scheme?.options ?? {});
  return fc
    .tuple(...keys.map(([key, row]) => fc.option(values[row.type].map((value) => [key, value]))))
    .map((entries) => Object.fromEntries(entries.filter((entry) => entry !== null)));
}
