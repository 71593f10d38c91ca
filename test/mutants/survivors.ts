/** Mutants that nobody can catch: their id, and why nothing that a user could see has changed. */
export const SURVIVORS: Readonly<Record<string, string>> = {
  "settle.oncePerTurn": "what is due twice in a turn is done once, the second time nothing is due",
  "deliver.onceLater": "a delivery with nothing waiting does nothing: it only costs a task",
};
