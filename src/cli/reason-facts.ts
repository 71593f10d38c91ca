import type { CloseReason, Ledger } from "../contract/index.ts";
import { reasonWords } from "./wording.ts";

/** A reason as an event has it: values only, no error objects. */
export interface ReasonFacts {
  readonly kind: string;
  readonly by: string;
  readonly code?: string;
  /** Of a child process: its exit code, or the signal that ended it. */
  readonly exitCode?: number;
  readonly signal?: string;
  readonly reason: string;
  readonly ledger: Ledger;
  readonly via?: ReasonFacts;
}

export function factsOf(reason: CloseReason): ReasonFacts {
  return {
    kind: reason.kind,
    by: reason.by,
    ...(reason.code === undefined ? {} : { code: reason.code }),
    ...(reason.exitCode === undefined ? {} : { exitCode: reason.exitCode }),
    ...(reason.signal === undefined ? {} : { signal: reason.signal }),
    reason: reasonWords(reason),
    ledger: { ...reason.ledger },
    ...(reason.via === undefined ? {} : { via: factsOf(reason.via) }),
  };
}
