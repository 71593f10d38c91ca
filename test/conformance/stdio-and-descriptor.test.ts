import { test } from "node:test";
import { pipedStdio, withoutPipes } from "../../src/cli/tour/wires/pipes.ts";
import { conforms } from "./skipping.ts";

/** At one end the standard streams of a process, at the other two bare descriptors. */
const wire = pipedStdio();
const why = withoutPipes();

if (why === undefined) conforms(wire);
else test(`${wire.name} to descriptor`, { skip: why });
