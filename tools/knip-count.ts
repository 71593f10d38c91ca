import type { Reporter } from "knip";

/** A reporter that says how much there was to report on, since knip is silent where all is well. */
const knipCount: Reporter = ({ counters }) => {
  process.stdout.write(`knip saw ${counters.processed} files\n`);
};

// knip takes a reporter as the default export alone.
// biome-ignore lint/style/noDefaultExport: see above
export default knipCount;
