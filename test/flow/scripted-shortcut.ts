import type { Shortcut, ShortcutFacts } from "../../src/flow/index.ts";
import { CountedShortcut } from "./counted-shortcut.ts";
import { ScriptedWire } from "./scripted-wire.ts";

/** A shortcut that carries nothing: it writes down what flow asks, and the test says what went. */
export class ScriptedShortcut extends CountedShortcut implements Shortcut {
  /** `open 1048576`, `close`, in order. */
  readonly asked: string[] = [];
  isOpen = false;
  /** Whether it can be had. */
  isThere = true;
  readonly #facts: ShortcutFacts;

  constructor(facts: ShortcutFacts) {
    super();
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
