import type { Bytes } from "../../../contract/index.ts";
import { WireError } from "../../../contract/index.ts";
import { systemRuntime } from "../../../flow/index.ts";
import type { Koffi, KoffiFunction } from "./koffi.ts";
import { ATTEMPT, unfitKoffi } from "./koffi.ts";
import { Overlappeds } from "./overlappeds.ts";
import type {
  Completion,
  Handle,
  HandleFacts,
  Place,
  Slot,
  WindowsCalls,
} from "./windows-calls.ts";
import { ERROR_IO_PENDING, windowsError } from "./windows-error.ts";

/** The calls as Windows has them. Everything they are given is a number or a buffer. */
export class SystemCalls implements WindowsCalls {
  readonly #calls: Calls;
  readonly #overlappeds: Overlappeds;
  readonly #port: Handle;
  /** What a wait is answered in: the system's while one is under way. */
  readonly #entries: Buffer = Buffer.allocUnsafeSlow(ENTRIES_MAX * ENTRY_BYTES);
  readonly #entryCount: Buffer = Buffer.alloc(4);

  /**
   * @throws {WireError} ERR_WIRE_MISSING_PEER for a `koffi` that does not fit, ERR_WIRE_REFUSED
   *   when Windows gives no port.
   */
  constructor(koffi: Koffi) {
    this.#calls = bind(koffi);
    this.#overlappeds = new Overlappeds((memory) => Number(koffi.address(memory)));
    this.#port = this.#calls.CreateIoCompletionPort(NO_HANDLE, 0, 0, 1);
    if (this.#port !== 0) return;
    const cause = windowsError("CreateIoCompletionPort", this.#calls.GetLastError());
    const message = `Cannot ${ATTEMPT}: Windows gives no completion port (${cause.code})`;
    throw new WireError("ERR_WIRE_REFUSED", message, { cause });
  }

  facts(handle: Handle): HandleFacts | number {
    const type = this.#calls.GetFileType(handle);
    if (type === FILE_TYPE_UNKNOWN) return this.#calls.GetLastError() || ERROR_INVALID_HANDLE;
    const kind = KINDS.get(type) ?? (this.#isSocket(handle) ? "socket" : "pipe");
    const access = this.#query(handle, FILE_ACCESS_INFORMATION);
    const mode = this.#query(handle, FILE_MODE_INFORMATION);
    if (access === null || mode === null) return ERROR_INVALID_HANDLE;
    return {
      kind,
      reads: (access & FILE_READ_DATA) !== 0,
      writes: (access & (FILE_WRITE_DATA | FILE_APPEND_DATA)) !== 0,
      appends: kind === "file" && (access & FILE_WRITE_DATA) === 0,
      isOverlapped: (mode & FILE_SYNCHRONOUS_IO) === 0,
    };
  }

  attach(handle: Handle): number {
    if (this.#calls.CreateIoCompletionPort(handle, this.#port, 0, 0) !== 0) return 0;
    return this.#calls.GetLastError();
  }

  read(handle: Handle, into: Uint8Array, slot: Slot, at: Place): number {
    const overlapped = this.#overlappeds.prepare(slot, at);
    return this.#begun(this.#calls.ReadFile(handle, into, into.byteLength, 0, overlapped));
  }

  write(handle: Handle, from: Bytes, slot: Slot, at: Place): number {
    const overlapped = this.#overlappeds.prepare(slot, at);
    return this.#begun(this.#calls.WriteFile(handle, from, from.byteLength, 0, overlapped));
  }

  cancel(handle: Handle, slot: Slot): void {
    // That there is nothing to cancel any more is no failure: its completion is on the way.
    this.#calls.CancelIoEx(handle, this.#overlappeds.addressOf(slot));
  }

  close(handle: Handle): void {
    this.#calls.CloseHandle(handle);
  }

  wait(timeoutMs: number, told: (completions: readonly Completion[]) => void): void {
    const call = this.#calls.GetQueuedCompletionStatusEx;
    // There is a bound on such calls for the whole process: what cannot be made now can be soon.
    const tryLater = (): void => void systemRuntime().clock.after(RETRY_MS, () => told([]));
    const answer = (error: unknown, wasTold: number): void => {
      if (error) tryLater();
      else told(wasTold === 0 ? [] : this.#completions());
    };
    try {
      call.async(this.#port, this.#entries, ENTRIES_MAX, this.#entryCount, timeoutMs, 0, answer);
    } catch {
      tryLater();
    }
  }

  wake(): void {
    this.#calls.PostQueuedCompletionStatus(this.#port, 0, 0, 0);
  }

  #begun(isOver: number): number {
    // One that is over at once is told by the port all the same.
    if (isOver !== 0) return 0;
    const error = this.#calls.GetLastError();
    return error === ERROR_IO_PENDING ? 0 : error;
  }

  #completions(): readonly Completion[] {
    const completions: Completion[] = [];
    for (let index = 0; index < this.#entryCount.readUInt32LE(0); index++) {
      const at = index * ENTRY_BYTES;
      const slot = this.#overlappeds.slotAt(Number(this.#entries.readBigUInt64LE(at + 8)));
      // What `wake` posted belongs to nobody.
      if (slot === undefined) continue;
      const status = this.#overlappeds.statusOf(slot);
      const error = status === 0 ? 0 : this.#calls.RtlNtStatusToDosError(status);
      completions.push({ slot, error, byteCount: this.#entries.readUInt32LE(at + 24) });
    }
    return completions;
  }

  /** By their type pipes and sockets are one. */
  #isSocket(handle: Handle): boolean {
    const [value, size] = [Buffer.alloc(4), Buffer.from([4, 0, 0, 0])];
    return this.#calls.getsockopt(handle, SOL_SOCKET, SO_TYPE, value, size) === 0;
  }

  /** One word of what the system knows of a handle; `null` where it does not tell. */
  #query(handle: Handle, what: number): number | null {
    const status = Buffer.alloc(16);
    const word = Buffer.alloc(4);
    const failed = this.#calls.NtQueryInformationFile(handle, status, word, 4, what) !== 0;
    return failed ? null : word.readUInt32LE(0);
  }
}

type Calls = Readonly<Record<keyof typeof SIGNATURES, KoffiFunction>>;

/** @throws {WireError} for a `koffi` that is too old or too new, whatever it throws. */
function bind(koffi: Koffi): Calls {
  try {
    koffi.address(Buffer.allocUnsafeSlow(1));
    return bound(koffi);
  } catch (error) {
    throw unfitKoffi(error);
  }
}

/** Parameters are named as in the documentation of Windows; handles and addresses are numbers. */
function bound(koffi: Koffi): Calls {
  const libraries = {
    kernel32: koffi.load("kernel32.dll"),
    ntdll: koffi.load("ntdll.dll"),
    ws2_32: koffi.load("ws2_32.dll"),
  };
  const calls = Object.entries(SIGNATURES).map(([name, [library, returned, parameters]]) => [
    name,
    libraries[library].func(`${returned} __stdcall ${name}(${parameters})`),
  ]);
  return Object.fromEntries(calls) as Calls;
}

type Signature = readonly [
  library: "kernel32" | "ntdll" | "ws2_32",
  returned: string,
  parameters: string,
];

const TRANSFER =
  "intptr_t hFile, void *lpBuffer, uint32 nBytes, uintptr_t lpDone, uintptr_t lpOverlapped";

const SIGNATURES = {
  CreateIoCompletionPort: [
    "kernel32",
    "intptr_t",
    "intptr_t FileHandle, intptr_t Port, uintptr_t Key, uint32 Threads",
  ],
  GetQueuedCompletionStatusEx: [
    "kernel32",
    "int",
    "intptr_t Port, void *Entries, uint32 Count, void *Removed, uint32 Milliseconds, int Alertable",
  ],
  PostQueuedCompletionStatus: [
    "kernel32",
    "int",
    "intptr_t Port, uint32 Bytes, uintptr_t Key, uintptr_t Overlapped",
  ],
  ReadFile: ["kernel32", "int", TRANSFER],
  WriteFile: ["kernel32", "int", TRANSFER],
  CancelIoEx: ["kernel32", "int", "intptr_t hFile, uintptr_t lpOverlapped"],
  CloseHandle: ["kernel32", "int", "intptr_t hObject"],
  GetFileType: ["kernel32", "uint32", "intptr_t hFile"],
  GetLastError: ["kernel32", "uint32", ""],
  NtQueryInformationFile: [
    "ntdll",
    "int32",
    "intptr_t FileHandle, void *Status, void *Information, uint32 Length, int Class",
  ],
  getsockopt: ["ws2_32", "int", "uintptr_t s, int level, int optname, void *optval, void *optlen"],
  RtlNtStatusToDosError: ["ntdll", "uint32", "uint32 Status"],
} as const satisfies Readonly<Record<string, Signature>>;

const NO_HANDLE = -1;
const RETRY_MS = 10;
const ENTRIES_MAX = 64;
/** OVERLAPPED_ENTRY: key, address of the OVERLAPPED, status, count of bytes. */
const ENTRY_BYTES = 32;
const ERROR_INVALID_HANDLE = 6;
const FILE_TYPE_UNKNOWN = 0;
const SOL_SOCKET = 0xffff;
const SO_TYPE = 0x1008;
const KINDS: ReadonlyMap<number, HandleFacts["kind"]> = new Map([
  [1, "file"],
  [2, "device"],
]);
const FILE_ACCESS_INFORMATION = 8;
const FILE_MODE_INFORMATION = 16;
const FILE_READ_DATA = 1;
const FILE_WRITE_DATA = 2;
const FILE_APPEND_DATA = 4;
/** FILE_SYNCHRONOUS_IO_ALERT and FILE_SYNCHRONOUS_IO_NONALERT. */
const FILE_SYNCHRONOUS_IO = 0x30;
