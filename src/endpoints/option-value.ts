import type { OptionType, OptionValue } from "./scheme.ts";

/** What is expected of each type, as a phrase. */
export const EXPECTED: Readonly<Record<OptionType, string>> = {
  number: "a whole number",
  boolean: '"true" or "false" (or nothing, for true)',
  mode: "an octal mode such as 0660",
  duration: 'a duration such as 500ms, 10s, 2m, 1h or "off"',
  size: 'a size such as 4096, 64KiB, 1MiB, 1GiB or "off"',
  text: "text",
};

/** Reads an option's text (`undefined` for a bare key); `undefined` when it is not of that type. */
export function readOption(type: OptionType, text: string | undefined): OptionValue | undefined {
  if (type === "boolean") return readBoolean(text);
  if (text === undefined) return undefined;
  switch (type) {
    case "number":
      return readInteger(text, /^\d{1,16}$/, 10);
    case "mode":
      return readInteger(text, /^0?[0-7]{3}$/, 8);
    case "duration":
      return readScaled(text, DURATIONS_MS);
    case "size":
      return readScaled(text, SIZES);
    case "text":
      return text;
  }
}

/** Writes it so that {@link readOption} gives the same value; `undefined` for a bare key. */
export function writeOption(type: OptionType, value: OptionValue): string | undefined {
  switch (type) {
    case "boolean":
      return value === true ? undefined : "false";
    case "mode":
      return Number(value).toString(8).padStart(4, "0");
    case "duration":
      return writeScaled(Number(value), DURATIONS_MS, "ms");
    case "size":
      return writeScaled(Number(value), SIZES, "");
    case "number":
    case "text":
      return String(value);
  }
}

const DURATIONS_MS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
};

const SIZES: Readonly<Record<string, number>> = {
  GiB: 2 ** 30,
  MiB: 2 ** 20,
  KiB: 2 ** 10,
  B: 1,
  "": 1,
};

function readBoolean(text: string | undefined): boolean | undefined {
  if (text === undefined || text === "true") return true;
  return text === "false" ? false : undefined;
}

function readInteger(text: string, shape: RegExp, radix: number): number | undefined {
  if (!shape.test(text)) return undefined;
  const value = Number.parseInt(text, radix);
  return Number.isSafeInteger(value) ? value : undefined;
}

function readScaled(text: string, units: Readonly<Record<string, number>>): number | undefined {
  if (text === "off") return Infinity;
  const match = /^(\d{1,16}(?:\.\d{1,3})?)([A-Za-z]*)$/.exec(text);
  const unit = match?.[2] === undefined ? undefined : units[match[2]];
  if (match === null || unit === undefined) return undefined;
  const value = Number(match[1]) * unit;
  return Number.isSafeInteger(value) ? value : undefined;
}

function writeScaled(
  value: number,
  units: Readonly<Record<string, number>>,
  smallest: string,
): string {
  if (value === Infinity) return "off";
  for (const [unit, scale] of Object.entries(units)) {
    const count = value / scale;
    if (scale > 1 && value > 0 && Number.isInteger(count)) return `${count}${unit}`;
  }
  return `${value}${smallest}`;
}
