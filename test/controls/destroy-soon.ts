export { serveAndDestroySoon } from "../../src/cli/tour/controls/destroy-soon.ts";
