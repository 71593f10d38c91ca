import type { Scheme } from "../src/endpoints/index.ts";
import { notYet, schemes } from "../src/endpoints/index.ts";
import { writeDrawnPage } from "./drawn-page.ts";

/** docs/endpoints.md: the schemes and their options, drawn from the table that the parser reads. */
export function drawEndpoints(): string {
  const missing = [...notYet()].map(([name, what]) => `| \`${name}\` | ${what} |`);
  return [
    INTRODUCTION,
    ...schemes().map(drawScheme),
    ["## Known, and not in this version", "", "| scheme | what it will be |", "| --- | --- |"]
      .concat(missing)
      .join("\n"),
    "",
  ].join("\n\n");
}

function drawScheme({ name, describe, example, options, listens, connects }: Scheme): string {
  const can = [listens ? "listens" : "", connects ? "connects" : ""].filter(Boolean).join(", ");
  const rows = Object.entries(options).map(
    ([key, { type, describe: what, fallback, fallbackOnWindows }]) => {
      const here = fallback === undefined ? "" : `\`${fallback}\``;
      const there = fallbackOnWindows === undefined ? "" : `; on Windows \`${fallbackOnWindows}\``;
      return `| \`${key}\` | ${type} | ${here}${there} | ${what} |`;
    },
  );
  const table =
    rows.length === 0
      ? ["It has no options."]
      : ["| option | type | default | what it does |", "| --- | --- | --- | --- |", ...rows];
  return [`## \`${name}\``, "", `${describe}; ${can}. As in \`${example}\`.`, "", ...table].join(
    "\n",
  );
}

/** The page's beginning. */
const INTRODUCTION = `# Endpoint strings

<!-- Written by tools/draw-endpoints.ts; edit src/endpoints and run it again. -->

A URL names an endpoint: layers outermost first, joined with \`+\`, down to a wire, then where the
wire goes, then options as query parameters. The same string serves to listen or to connect, by
where it stands. A UNIX path is absolute, or begins with \`./\`, \`../\` or \`@\` (an abstract
name). The host of \`tcp://:8007\` is 127.0.0.1. An unknown option is an error, and so is a
password.

Types: \`number\`; \`boolean\` (\`true\`, \`false\`); \`duration\` (\`250ms\`, \`30s\`,
\`1m\`); \`size\` (\`64KiB\`); \`mode\` (octal, \`0600\`); \`text\`, percent-encoded where it
holds \`&\`, \`#\` or \`%\`.`;

writeDrawnPage(import.meta.url, { place: "docs/endpoints.md", draw: drawEndpoints });
