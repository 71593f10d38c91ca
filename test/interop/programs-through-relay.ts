import { curl } from "./curl.ts";
import { netcat } from "./netcat.ts";
import { openssl } from "./openssl.ts";
import { redis } from "./redis.ts";
import type { Interoperation } from "./relayed.ts";
import { socat } from "./socat.ts";

export const PROGRAMS: readonly Interoperation[] = [curl, netcat, socat, redis, openssl];
