/** What somebody at the terminal may ask for while the tour goes on. */
export interface KeyEvents {
  /** To see the source. */
  source(): void;
  /** To go on at once. */
  goOn(): void;
  /** To keep the room open when all is shown. */
  hold(): void;
  quit(): void;
}

/** Listens to single keys, if somebody is watching and has a terminal; disposing gives it back. */
export function listenToKeys(
  isWatched: boolean,
  events: KeyEvents,
): Disposable & { readonly isOn: boolean } {
  const { stdin } = process;
  const isOn = isWatched && stdin.isTTY === true;
  if (!isOn) return { isOn, [Symbol.dispose]: () => {} };
  const pressed = (data: Buffer): void => {
    for (const key of data.toString()) {
      if (key === "s") events.source();
      else if (key === " " || key === "\r" || key === "\n") events.goOn();
      else if (key === "h") events.hold();
      else if (key === "q" || key === CONTROL_C || key === CONTROL_D) events.quit();
    }
  };
  stdin.setRawMode(true);
  stdin.on("data", pressed);
  stdin.resume();
  return {
    isOn,
    [Symbol.dispose]: () => {
      stdin.off("data", pressed);
      stdin.setRawMode(false);
      stdin.pause();
      stdin.unref();
    },
  };
}

const CONTROL_C = "\u0003";
const CONTROL_D = "\u0004";
