import { homedir, hostname, tmpdir, userInfo } from "node:os";

export interface Place {
  readonly cwd: string;
  readonly home: string;
  readonly temporary: string;
  readonly host: string;
  readonly user: string;
}

/** Takes out of a text what would tell where, and by whom, it was written. */
export function scrub(text: string, place: Place = here()): string {
  const paths: [string, string][] = [
    [place.cwd, "."],
    [place.temporary, "<temporary>"],
    [place.home, "<home>"],
  ];
  let scrubbed = text;
  for (const [path, name] of paths) {
    if (path.length > 1) scrubbed = scrubbed.replaceAll(path, name);
  }
  for (const [word, name] of [
    [place.host, "<host>"],
    [place.user, "<user>"],
  ] as const) {
    if (COMMON.has(word) || word === "") continue;
    const literal = word.replaceAll(/[^\w]/g, "\\$&");
    scrubbed = scrubbed.replaceAll(new RegExp(`(?<![\\w-])${literal}(?![\\w-])`, "g"), name);
  }
  return scrubbed;
}

/** Names that name nobody, and would be taken out of honest sentences. */
const COMMON = new Set(["root", "node", "localhost", "user"]);

function here(): Place {
  return {
    cwd: process.cwd(),
    home: homedir(),
    temporary: tmpdir(),
    host: hostname(),
    user: userInfo().username,
  };
}
