/**
 * What a descriptor of the child is: `"r"`, we read what the child writes there; `"w"`, we write
 * what it reads; a number, a descriptor of ours, which the child shares and we leave alone;
 * `"null"`, the null device.
 */
export type ChildFd = "r" | "w" | "null" | number;

/** By the child's number. */
export type ChildFds = Readonly<Record<number, ChildFd>>;

/** We write standard input and read standard output; standard error goes where ours goes. */
const DEFAULT_FDS: ChildFds = { 0: "w", 1: "r", 2: 2 };

/**
 * `given` over the defaults, checked.
 *
 * @throws {RangeError} for a number that no descriptor has, or standard streams turned round.
 */
export function resolveFds(given: unknown): ChildFds {
  if (given === undefined) return DEFAULT_FDS;
  if (typeof given !== "object" || given === null) {
    throw new TypeError('childProcess(): fds must be an object such as { 2: "r" }');
  }
  for (const [key, way] of Object.entries(given)) {
    if (!/^\d{1,3}$/.test(key)) throw new RangeError(`childProcess(): fds has no number "${key}"`);
    const isOurs = Number.isInteger(way) && way >= 0;
    if (isOurs || way === "r" || way === "w" || way === "null") continue;
    throw new RangeError(
      `childProcess(): fds[${key}] must be "r", "w", "null" or a descriptor, not ${String(way)}`,
    );
  }
  const fds: ChildFds = { ...DEFAULT_FDS, ...given };
  if (fds[0] === "r" || fds[1] === "w") {
    throw new RangeError('childProcess(): the child reads 0 ("w" here) and writes 1 ("r" here)');
  }
  return fds;
}

/** Whether there is a pipe between us and that descriptor of the child. */
export function isPiped(way: ChildFd | undefined): way is "r" | "w" {
  return way === "r" || way === "w";
}

/**
 * The same as Node's `spawn` takes it. A number between others that is not named is not open.
 *
 * @param pipeTo what stands for a pipe: one that Node makes, or its end for the child.
 */
export function stdioOf(
  fds: ChildFds,
  pipeTo: (childFD: number) => "pipe" | number,
): ("pipe" | "ignore" | number)[] {
  const highest = Math.max(2, ...Object.keys(fds).map(Number));
  return Array.from({ length: highest + 1 }, (_, childFD) => {
    const way = fds[childFD];
    if (typeof way === "number") return way;
    return isPiped(way) ? pipeTo(childFD) : "ignore";
  });
}
