import { readFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly os: string;
}

/** What a reader needs to weigh a number; nothing that names the machine or its user. */
export function describeMachine(): Machine {
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() ?? "unknown",
    cores: cores.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `${type()} ${/^[\d.]*\d/.exec(release())?.[0] ?? ""}`,
    os: distribution(),
  };
}

function distribution(): string {
  try {
    const text = readFileSync("/etc/os-release", "utf8");
    return /^PRETTY_NAME="?(?<name>[^"\n]*)"?$/m.exec(text)?.groups?.["name"] ?? type();
  } catch {
    return type();
  }
}
