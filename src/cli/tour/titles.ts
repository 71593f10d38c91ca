import { basename, relative } from "node:path";
import { EXIT } from "../exit-code.ts";
import type { Screen } from "./screen.ts";
import { shortened, WIDTH } from "./screen.ts";
import { chatSource } from "./source.ts";
import type { Tour } from "./tour-context.ts";
import { MARK } from "./tour-context.ts";

/** The first lines. */
export function showTitle(screen: Screen, hasKeys: boolean): void {
  const { lines, path } = chatSource();
  const source = `source: ${basename(path)}, ${lines.length} lines`;
  screen.tell({ event: "tour", source: path, sourceLines: lines.length });
  const words = "overwall tour: one protocol, every wire";
  const how = hasKeys ? `${source}, s shows it` : `${source} (--source)`;
  screen.line(`${screen.strong(words)}${screen.faint(how.padStart(WIDTH - words.length))}`);
  if (hasKeys) screen.line(screen.faint("keys: space goes on, h holds the room open, q quits"));
}

/** The last lines: whether all held, and what to do next. */
export function conclude({ screen, verdict }: Tour): void {
  const { checks, faults, notTried } = verdict;
  const seconds = (screen.elapsedMs / 1000).toFixed(1);
  const failed = faults.length;
  const leftOut = notTried === 0 ? "" : `; ${notTried} more were not tried`;
  screen.tell({
    event: "summary",
    checks,
    notTried,
    failed,
    faults,
    durationMs: Math.round(screen.elapsedMs),
  });
  screen.line(
    failed === 0
      ? screen.good(`  ${MARK.held} all ${checks} checks held, in ${seconds} s${leftOut}`)
      : screen.bad(`  ${MARK.broken} ${failed} of ${checks} checks failed, in ${seconds} s`),
  );
  screen.line();
  screen.line("next:  overwall relay tcp://127.0.0.1:8080 unix:///run/app.sock");
  screen.line("       overwall serve chat tcp://127.0.0.1:4000     overwall tour --hold");
  screen.line("       overwall conform tcp://127.0.0.1:0           overwall wires");
  const script = process.argv[1] ?? "";
  if (basename(script) === "main.js") {
    const here = `node ${relative(process.cwd(), script)}`;
    screen.line(
      screen.faint(shortened(`       overwall stands for ${here}, until npm link`, WIDTH)),
    );
  }
  if (failed > 0) process.exitCode = EXIT.failed;
}

/** The class that the room is made of. */
export function showSource(screen: Screen): void {
  const { lines, path } = chatSource();
  screen.tell({ event: "source", path, text: lines.join("\n") });
  screen.line(screen.faint(`// ${path}`));
  for (const line of lines) screen.line(line);
}
