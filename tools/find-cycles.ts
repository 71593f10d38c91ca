/** Groups of files that import each other in a circle, each group sorted. */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const cycles: string[][] = [];

  const visit = (file: string): number => {
    const mine = order.size;
    order.set(file, mine);
    open.push(file);
    let lowest = mine;
    for (const next of graph.get(file) ?? []) {
      if (!graph.has(next)) continue;
      if (!order.has(next)) lowest = Math.min(lowest, visit(next));
      else if (open.includes(next))
        lowest = Math.min(lowest, low.get(next) ?? order.get(next) ?? 0);
    }
    low.set(file, lowest);
    if (lowest === mine) {
      const group = open.splice(open.indexOf(file));
      if (group.length > 1 || graph.get(file)?.includes(file)) cycles.push(group.sort());
    }
    return lowest;
  };

  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return cycles;
}
