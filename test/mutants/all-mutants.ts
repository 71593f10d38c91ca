import type { Mutant } from "./mutant.ts";
import { MUTANTS_OF_ASKS } from "./mutants-of-asks.ts";
import { MUTANTS_OF_COURSE } from "./mutants-of-course.ts";
import { MUTANTS_OF_FACTS } from "./mutants-of-facts.ts";
import { MUTANTS_OF_PARTS } from "./mutants-of-parts.ts";
import { MUTANTS_OF_PASSAGE } from "./mutants-of-passage.ts";

/** Every guard that is taken out, one at a time: by the tests a few, by the proof all. */
export const MUTANTS: readonly Mutant[] = [
  ...MUTANTS_OF_ASKS,
  ...MUTANTS_OF_COURSE,
  ...MUTANTS_OF_FACTS,
  ...MUTANTS_OF_PARTS,
  ...MUTANTS_OF_PASSAGE,
];
