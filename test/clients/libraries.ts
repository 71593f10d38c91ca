import { library as http } from "./http.ts";
import { library as http2 } from "./http2.ts";
import { library as ioredis } from "./ioredis.ts";
import { library as mysql2 } from "./mysql2.ts";
import { library as pg } from "./pg.ts";
import type { AnyLibrary } from "./trial.ts";
import { library as ws } from "./ws.ts";

/** Every client library that runs on sockets of ours as it is. */
export const LIBRARIES: readonly AnyLibrary[] = [pg, ioredis, mysql2, ws, http, http2];
