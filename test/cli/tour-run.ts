import { CliRun } from "./run-cli.ts";

/** One thing that the tour tells with `--json`. */
export interface TourEvent {
  readonly event: string;
  readonly wire?: string;
  readonly [fact: string]: unknown;
}

/** What the row of a wire says: where it is, who came by it. */
export interface WireRow extends TourEvent {
  readonly wire: string;
  readonly address: string;
  readonly commands: readonly string[];
  readonly member: string;
  readonly pid?: number;
}

/** A tour with `--json`, by some wires only. */
export class TourRun extends CliRun {
  constructor(wires: readonly string[], ...more: readonly string[]) {
    super(["tour", "--json", ...wires.flatMap((wire) => ["--wire", wire]), ...more]);
  }

  get events(): readonly TourEvent[] {
    const lines = this.stdout.toString().split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line) as TourEvent);
  }

  of(event: string): readonly TourEvent[] {
    return this.events.filter((one) => one.event === event);
  }

  /** The rows, once the room is open on all wires. */
  async rows(): Promise<readonly WireRow[]> {
    await this.saw(/"event":"open"/, "stdout");
    return this.of("wire") as readonly WireRow[];
  }

  /** The room is open and all acts are over. */
  async held(): Promise<readonly WireRow[]> {
    await this.saw(/"event":"held"/, "stdout");
    return this.rows();
  }
}
