export { HeldEnd as Held } from "../../src/cli/tour/wires/held-end.ts";
