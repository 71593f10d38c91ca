import { library as pg } from "./pg.ts";
import type { AnyLibrary } from "./trial.ts";

/** Every client library that runs on sockets of ours as it is. */
export const LIBRARIES: readonly AnyLibrary[] = [pg];
