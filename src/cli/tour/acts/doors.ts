import { counted, messageOf } from "../../wording.ts";
import { Member } from "../members/member.ts";
import { folded, shortened, WIDTH } from "../screen.ts";
import type { Door, Tour } from "../tour-context.ts";
import { MARK } from "../tour-context.ts";
import type { TourWire } from "../wires/tour-wire.ts";

const NAMES = [
  ...["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy"],
  ...["kim", "leo", "mona", "nick", "olga", "paul", "quinn", "rose", "sam", "tina", "uma"],
];
const TITLE_WIDTH = 12;
const INDENT = " ".repeat(24);

/** The room opens on every wire, and by each of them somebody comes in. */
export async function openDoors(tour: Tour, overheard: (text: string) => void): Promise<void> {
  const { screen, verdict, wires } = tour;
  screen.heading("One room on every wire. Join it yourself:");
  const speaker = nameOf(wires, 0);
  for (const [index, wire] of wires.entries()) {
    const why = wire.absent?.();
    if (why !== undefined) {
      tellAbsent(tour, wire, why);
      continue;
    }
    const isEar = tour.doors.every(({ member }) => member === null);
    const member = new Member(speaker, isEar ? overheard : undefined);
    try {
      const door = await openDoor(tour, { wire, member, name: nameOf(wires, index), speaker });
      tour.doors.push(door);
      verdict.check(true, wire.key, "its member came");
      showDoor(tour, door);
    } catch (error) {
      verdict.check(false, wire.key, `its member did not come: ${messageOf(error)}`);
      screen.tell({ event: "wire", wire: wire.key, works: false, why: messageOf(error) });
      screen.line(
        screen.bad(
          shortened(`  ${wire.title.padEnd(TITLE_WIDTH)}${MARK.broken} ${messageOf(error)}`, WIDTH),
        ),
      );
    }
  }
  const { length } = tour.doors;
  screen.tell({ event: "open", wires: length, members: length, protocols: 1 });
  screen.line(
    `  ${counted(length, "wire")}, ${counted(length, "member")}, 1 protocol class. ` +
      screen.faint("Or, on all: overwall connect URL"),
  );
}

function nameOf(wires: readonly TourWire[], index: number): string {
  return `${NAMES[index % NAMES.length]}@${wires[index]?.key}`;
}

interface Opening {
  readonly wire: TourWire;
  readonly member: Member;
  readonly name: string;
  readonly speaker: string;
}

async function openDoor(
  { folder, room }: Tour,
  { member, name, speaker, wire }: Opening,
): Promise<Door> {
  const open = await wire.open({
    folder,
    name,
    speaker,
    member,
    chat: () => room.enter(wire.key, name),
    roomOptions: room.options,
  });
  const isHere = open.pid === undefined;
  if (isHere) await room.came(wire.key, member);
  return { wire, open, name, member: isHere ? member : null };
}

function showDoor({ screen }: Tour, { name, open, wire }: Door): void {
  const { address, commands, pid } = open;
  screen.tell({
    event: "wire",
    wire: wire.key,
    title: wire.title,
    works: true,
    address,
    commands,
    member: name,
    ...(pid !== undefined && { pid }),
  });
  const who = name.slice(0, name.indexOf("@"));
  const [command] = commands;
  const where = command ?? screen.faint(address);
  const head = `  ${wire.title.padEnd(TITLE_WIDTH)}${screen.good("●")} ${who.padEnd(7)}`;
  if (command === undefined || INDENT.length + command.length <= WIDTH) {
    screen.line(`${head} ${where}`);
    return;
  }
  screen.line(head);
  // Pasted with its line ends it is still one command.
  const parts = folded(command, WIDTH - 6);
  for (const [index, part] of parts.entries())
    screen.line(`    ${part}${index < parts.length - 1 ? " \\" : ""}`);
}

function tellAbsent({ screen }: Tour, wire: TourWire, why: string): void {
  screen.tell({ event: "wire", wire: wire.key, works: false, absent: true, why });
  const words = `  ${wire.title.padEnd(TITLE_WIDTH)}${MARK.absent} ${why}`;
  screen.line(screen.faint(shortened(words, WIDTH)));
}
