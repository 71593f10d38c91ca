import type { Descriptors } from "./wire-under-test.ts";

/** Descriptors of a system that is not there: numbers, and what each stands for. */
export class PretendedDescriptors implements Descriptors {
  readonly #files = new Map<number, symbol>();
  #next = 3;

  readonly open = (): number => this.#add(Symbol("file"));

  readonly close = (fd: number): void => {
    this.#fileOf(fd);
    this.#files.delete(fd);
  };

  readonly isSame = (fd: number, other: number): boolean => {
    return this.#fileOf(fd) === this.#fileOf(other);
  };

  readonly copies = (fd: number): number => {
    const file = this.#fileOf(fd);
    return [...this.#files.values()].filter((other) => other === file).length;
  };

  duplicate(fd: number): number {
    return this.#add(this.#fileOf(fd));
  }

  #add(file: symbol): number {
    const fd = this.#next++;
    this.#files.set(fd, file);
    return fd;
  }

  #fileOf(fd: number): symbol {
    const file = this.#files.get(fd);
    if (file === undefined) throw new RangeError(`descriptor ${fd} is not open`);
    return file;
  }
}
