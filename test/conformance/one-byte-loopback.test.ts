import { cases } from "../../src/testing/index.ts";
import { conforms } from "./skipping.ts";
import { oneByteLoopback } from "./wires.ts";

/** Mebibytes byte by byte are for the proof. */
conforms(
  oneByteLoopback(),
  cases.filter(({ heavy }) => heavy !== true),
);
