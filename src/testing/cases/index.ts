import type { ConformanceCase } from "../conformance-case.ts";
import { abortCases } from "./abort-cases.ts";
import { backPressureCases } from "./back-pressure-cases.ts";
import { capabilityCases } from "./capability-cases.ts";
import { closeCases } from "./close-cases.ts";
import { descriptorCases } from "./descriptor-cases.ts";
import { endCases } from "./end-cases.ts";
import { endpointCases } from "./endpoint-cases.ts";
import { flushedCases } from "./flushed-cases.ts";
import { halfCloseCases } from "./half-close-cases.ts";
import { limitCases } from "./limit-cases.ts";
import { producerCases } from "./producer-cases.ts";
import { readCases } from "./read-cases.ts";
import { reentryCases } from "./reentry-cases.ts";
import { switchCases } from "./switch-cases.ts";
import { writeCases } from "./write-cases.ts";
import { writeSequenceCases } from "./write-sequence-cases.ts";

/** Every case of the suite, in the order of the contract. */
export const cases: readonly ConformanceCase[] = [
  ...writeCases,
  ...writeSequenceCases,
  ...reentryCases,
  ...closeCases,
  ...limitCases,
  ...producerCases,
  ...backPressureCases,
  ...readCases,
  ...halfCloseCases,
  ...abortCases,
  ...flushedCases,
  ...switchCases,
  ...endCases,
  ...capabilityCases,
  ...endpointCases,
  ...descriptorCases,
];
