import { getSystemErrorMap, getSystemErrorName } from "node:util";

/** The error of a system call that answered `errno`, as Node makes them. */
export function systemError(errno: number, call: string, target = ""): Error {
  const [code, message] = getSystemErrorMap().get(-errno) ?? [nameOf(errno), "unknown error"];
  const where = target === "" ? "" : ` ${target}`;
  return Object.assign(new Error(`${call} ${code}${where}: ${message}`), {
    code,
    errno: -errno,
    syscall: call,
  });
}

function nameOf(errno: number): string {
  try {
    return getSystemErrorName(-errno);
  } catch {
    return `E${errno}`;
  }
}
