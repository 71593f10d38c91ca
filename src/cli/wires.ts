import type { Scheme } from "../endpoints/index.ts";
import { notYet, schemes } from "../endpoints/index.ts";
import { fallbackOf } from "../endpoints/wire-options.ts";
import { chosenDriver } from "../wires/_drivers/choose-driver.ts";
import { whyNotNative } from "../wires/_drivers/native/addon.ts";
import type { Reporter } from "./reporter.ts";

/** What can be said of one scheme, here and now. */
interface Row {
  readonly scheme: string;
  readonly works: boolean;
  readonly describe: string;
  /** Absent for a layer: it goes over any wire. */
  readonly driver?: string;
  /** Why it is not the native one. */
  readonly driverNote?: string;
  readonly example?: string;
  readonly listens?: boolean;
  readonly connects?: boolean;
  readonly options?: Scheme["options"];
  /** What would make it work. */
  readonly needs?: string;
}

/** `overwall wires` */
export async function run(reporter: Reporter): Promise<void> {
  const rows = [...schemes().map(present), ...[...notYet()].map(absent)];
  if (reporter.isJson) {
    for (const row of rows) reporter.tell({ event: "wire", ...row });
    return;
  }
  for (const row of rows) process.stdout.write(`${wordsOf(reporter, row)}\n`);
}

function present(scheme: Scheme): Row {
  const { name, describe, example, listens, connects, options, place } = scheme;
  const lacking = lackingFor(name);
  return {
    scheme: name,
    works: lacking === null,
    describe,
    ...(place === undefined ? {} : driverOf(name)),
    example,
    listens,
    connects,
    options: optionsHere(options),
    ...(lacking === null ? {} : { needs: lacking }),
  };
}

/** With what holds here, where no other system's is of interest. */
function optionsHere(options: Scheme["options"]): Scheme["options"] {
  return Object.fromEntries(
    Object.entries(options).map(([key, row]) => {
      const { type, describe } = row;
      const fallback = fallbackOf(row);
      return [key, { type, describe, ...(fallback === undefined ? {} : { fallback }) }];
    }),
  );
}

/** What carries a wire here, and why not the native driver where that could. */
function driverOf(scheme: string): Pick<Row, "driver" | "driverNote"> {
  if (scheme === "memory") return { driver: "memory" };
  if (scheme === "pty") return { driver: "native" };
  if (!NATIVE.has(scheme)) return { driver: "portable" };
  const { name, why } = chosenDriver();
  return why === null ? { driver: name } : { driver: name, driverNote: why };
}

/** The schemes whose wires the native driver carries. */
const NATIVE: ReadonlySet<string> = new Set(["tcp", "unix", "process", "stdio", "fd"]);

/** What would make a scheme work that does not. */
function lackingFor(scheme: string): string | null {
  if (scheme === "unix" && process.platform === "win32") return "a system with UNIX-domain sockets";
  if (scheme === "pipe" && process.platform !== "win32") return "Windows";
  const why = scheme === "pty" ? whyNotNative() : null;
  return why === null ? null : `the native driver: ${why}`;
}

function absent([scheme, describe]: readonly [string, string]): Row {
  return { scheme, works: false, describe, needs: "a later version of overwall" };
}

function wordsOf(reporter: Reporter, row: Row): string {
  const name = row.scheme.padEnd(8);
  if (!row.works) return `${reporter.faint(`no   ${name}`)} ${row.describe}; needs ${row.needs}`;
  const ways = [row.listens === true ? "listen" : "", row.connects === true ? "connect" : ""];
  const how = row.driver === undefined ? "a layer over any wire" : `${row.driver} driver`;
  const note = row.driverNote === undefined ? "" : ` (the native one not: ${row.driverNote})`;
  const lines = [
    `${reporter.good("yes")}  ${name} ${row.describe}`,
    `              ${row.example}   ${ways.filter(Boolean).join(", ")}; ${how}${note}`,
  ];
  for (const [key, { type, describe, fallback }] of Object.entries(row.options ?? {})) {
    const otherwise = fallback === undefined ? "" : ` (${fallback})`;
    lines.push(`              ?${key}=${type.toUpperCase()}   ${describe}${otherwise}`);
  }
  return lines.join("\n");
}
