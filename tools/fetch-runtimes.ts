import { fetchRuntime, isThisNode, PINNED } from "./runtimes.ts";

/**
 * `npm run fetch-runtimes`: puts the runtimes that tests and proofs use into the cache. One that
 * cannot be had is named, and is no failure: what needs it is skipped.
 */
async function fetchRuntimes(): Promise<void> {
  const wanted = PINNED.filter((pinned) => !isThisNode(pinned));
  const found = wanted.map((pinned) => fetchRuntime(process.cwd(), pinned));
  for (const runtime of await Promise.all(found)) {
    const line = runtime instanceof Error ? `absent: ${runtime.message}` : `here: ${runtime.name}`;
    process.stdout.write(`${line}\n`);
  }
}

await fetchRuntimes();
