import type { Shortcut, ShortcutFacts } from "../../src/flow/index.ts";
import { ScriptedWire } from "./scripted-wire.ts";

/** A shortcut that carries nothing: it writes down what flow asks, and the test says what went. */
export class ScriptedShortcut implements Shortcut {
  /** `open 1048576`, `close`, in order. */
  readonly asked: string[] = [];
  isOpen = false;
  /** Whether it can be had. */
  isThere = true;
  readonly #facts: ShortcutFacts;
  #read = 0;
  #sent = 0;

  constructor(facts: ShortcutFacts) {
    this.#facts = facts;
  }

  open(holdsMax: number): boolean {
    this.asked.push(`open ${holdsMax}`);
    this.isOpen = this.isThere;
    return this.isThere;
  }

  close(): void {
    this.asked.push("close");
    this.isOpen = false;
  }

  takeRead(): number {
    const read = this.#read;
    this.#read = 0;
    return read;
  }

  takeSent(): number {
    const sent = this.#sent;
    this.#sent = 0;
    return sent;
  }

  /** It has carried so much, and flow has not been told yet. */
  moves(read: number, sent: number): void {
    this.#read += read;
    this.#sent += sent;
  }

  carries(read: number, sent: number): void {
    this.moves(read, sent);
    this.#facts.carried();
  }
}

/** A scripted wire with a way to any other. */
export class ShortcutWire extends ScriptedWire {
  shortcut: ScriptedShortcut | null = null;

  shortcutTo(_onto: unknown, facts: ShortcutFacts): Shortcut {
    this.shortcut = new ScriptedShortcut(facts);
    return this.shortcut;
  }
}
