import { didYouMean } from "./nearest.ts";
import { EXPECTED, readOption, writeOption } from "./option-value.ts";
import type { OptionValue, Scheme } from "./scheme.ts";
import type { Source } from "./source.ts";

type Options = Record<string, OptionValue>;

/**
 * Reads `key=value&…` from `start` to the end into one record for each layer.
 *
 * A key belongs to the one layer that has it in its table; `label.key` names the layer, and has to
 * where two of them have it. The label is the scheme, numbered from the outermost where it occurs
 * twice (`tls1`, `tls2`).
 */
export function readOptions(source: Source, layers: readonly Scheme[], start: number): Options[] {
  const options: Options[] = layers.map(() => ({}));
  const labels = labelsOf(layers);
  let from = start;
  for (const part of source.text.slice(start).split("&")) {
    readOne(source, { layers, labels, options }, { from, end: from + part.length });
    from += part.length + 1;
  }
  return options;
}

/** Writes them so that {@link readOptions} gives the same records; with the `?`, or empty. */
export function writeOptions(layers: readonly Scheme[], options: readonly Options[]): string {
  const labels = labelsOf(layers);
  const parts: string[] = [];
  for (const [index, scheme] of layers.entries()) {
    for (const [key, row] of Object.entries(scheme.options)) {
      const value = options[index]?.[key];
      if (value === undefined) continue;
      const shared = layers.filter((other) => Object.hasOwn(other.options, key)).length > 1;
      const text = writeOption(row.type, value);
      const name = shared ? `${labels[index]}.${key}` : key;
      parts.push(text === undefined ? name : `${name}=${encodeURIComponent(text)}`);
    }
  }
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

interface Stack {
  readonly layers: readonly Scheme[];
  readonly labels: readonly string[];
  readonly options: Options[];
}

function readOne(source: Source, stack: Stack, at: { from: number; end: number }): void {
  const { text } = source;
  const equals = text.indexOf("=", at.from);
  const keyEnd = equals < 0 || equals > at.end ? at.end : equals;
  if (keyEnd === at.from) source.fail(at.from, "expected an option, as in key=value");
  const { index, key } = findLayer(source, stack, at.from, keyEnd);
  const options = stack.options[index];
  const row = stack.layers[index]?.options[key];
  if (options === undefined || row === undefined)
    throw new RangeError("Cannot read an option: no such layer");
  if (Object.hasOwn(options, key))
    source.fail(at.from, `option ${JSON.stringify(key)} is given twice`);
  const valueText = keyEnd === at.end ? undefined : source.decode(keyEnd + 1, at.end);
  const value = readOption(row.type, valueText);
  if (value === undefined) {
    const place = keyEnd === at.end ? at.end : keyEnd + 1;
    source.fail(place, `option ${JSON.stringify(key)} takes ${EXPECTED[row.type]}`);
  }
  options[key] = value;
}

function findLayer(
  source: Source,
  { layers, labels }: Stack,
  from: number,
  end: number,
): { readonly index: number; readonly key: string } {
  const word = source.decode(from, end);
  const dot = word.indexOf(".");
  const label = dot < 0 ? undefined : word.slice(0, dot);
  const key = word.slice(dot + 1);
  if (label !== undefined && !labels.includes(label)) {
    source.fail(
      from,
      `no layer here is called ${JSON.stringify(label)}; there is ${labels.join(", ")}`,
    );
  }
  const named = layers.flatMap((scheme, index) =>
    (label === undefined || labels[index] === label) && Object.hasOwn(scheme.options, key)
      ? [index]
      : [],
  );
  const [index] = named;
  if (index === undefined) return failUnknown(source, layers, { from, key });
  if (named.length > 1) {
    const choices = named.map((other) => `${labels[other]}.${key}`).join(" or ");
    source.fail(from, `option ${JSON.stringify(key)} is one of several layers; write ${choices}`);
  }
  return { index, key };
}

function failUnknown(
  source: Source,
  layers: readonly Scheme[],
  { from, key }: { readonly from: number; readonly key: string },
): never {
  const known = layers.flatMap((scheme) => Object.keys(scheme.options));
  const names = layers.map(({ name }) => name).join("+");
  const hint =
    didYouMean(key, known) ||
    (known.length > 0 ? `; there are ${known.join(", ")}` : "; it has none");
  return source.fail(from, `unknown option ${JSON.stringify(key)} for ${names}${hint}`);
}

function labelsOf(layers: readonly Scheme[]): string[] {
  const seen = new Map<string, number>();
  return layers.map(({ name }) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    const repeated = layers.filter((other) => other.name === name).length > 1;
    return repeated ? `${name}${count}` : name;
  });
}
