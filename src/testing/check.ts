/** A wire broke a clause: says which case noticed, what was promised, and what happened instead. */
export class ConformanceFailure extends Error {
  override readonly name: string = "ConformanceFailure";
  /** Stable: `write.order`. Empty until the case that ran is known. */
  readonly caseId: string;
  /** The sentence of the contract that does not hold. */
  readonly clause: string;
  /** What was seen. */
  readonly detail: string;

  constructor(detail: string, where: FailedCase = { id: "", clause: "" }, cause?: unknown) {
    const place = where.id === "" ? "" : `${where.id}: `;
    const promise = where.clause === "" ? "" : `\n  promised: ${where.clause}`;
    super(`${place}${detail}${promise}`, cause === undefined ? undefined : { cause });
    this.caseId = where.id;
    this.clause = where.clause;
    this.detail = detail;
  }
}

interface FailedCase {
  readonly id: string;
  readonly clause: string;
}

/** The suite's own assertion, so that it needs no library and runs in a browser. */
export function check(condition: boolean, detail: string): asserts condition {
  if (!condition) throw new ConformanceFailure(detail);
}

/** Fails unless the two are the same value, as JSON writes them. */
export function checkSame(actual: unknown, expected: unknown, what: string): void {
  const [saw, wanted] = [show(actual), show(expected)];
  check(saw === wanted, `${what}: expected ${wanted}, saw ${saw}`);
}

/** Fails unless `action` throws an error for which `accept` holds; says what it did instead. */
export function checkThrows(
  action: () => unknown,
  accept: (error: unknown) => boolean,
  what: string,
): void {
  let thrown: unknown;
  try {
    action();
  } catch (error) {
    thrown = error;
    if (accept(error)) return;
  }
  check(
    false,
    `${what}, but ${thrown === undefined ? "nothing was thrown" : `saw ${describe(thrown)}`}`,
  );
}

/** Whether `error` carries `code`. */
export function hasCode(code: string): (error: unknown) => boolean {
  return (error) => (error as { code?: unknown } | null)?.code === code;
}

/** What was thrown, for a person. */
export function describe(thrown: unknown): string {
  return thrown instanceof Error ? String(thrown) : show(thrown);
}

/** As JSON, the keys of objects in alphabetical order. */
function show(value: unknown): string {
  return JSON.stringify(value, sorted) ?? "undefined";
}

function sorted(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
