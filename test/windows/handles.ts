import { createRequire } from "node:module";
import type { Koffi, KoffiLibrary } from "../../src/wires/_drivers/windows/koffi.ts";

/** Handles as a program of Windows opens them; numbers, all opened for overlapped use. */

/** Both ends of a pipe that goes both ways. */
export function duplexPipe(): { readonly server: number; readonly client: number } {
  return pipeOf(PIPE_ACCESS_DUPLEX, GENERIC_READ | GENERIC_WRITE);
}

/** Both ends of a pipe that goes one way. */
export function oneWayPipe(): { readonly input: number; readonly output: number } {
  const { server, client } = pipeOf(PIPE_ACCESS_OUTBOUND, GENERIC_READ);
  return { input: client, output: server };
}

/** A file; `append` opens it so that it can be written at its end alone. */
export function openFile(
  path: string,
  way: "read" | "write" | "append",
  isOverlapped = true,
): number {
  const access = { read: GENERIC_READ, write: GENERIC_WRITE, append: FILE_APPEND_DATA }[way];
  const disposition = { read: OPEN_EXISTING, write: CREATE_ALWAYS, append: OPEN_ALWAYS }[way];
  return opened(path, access, disposition, isOverlapped ? FILE_FLAG_OVERLAPPED : 0);
}

export function closeHandle(handle: number): void {
  const close = kernel32().func("int __stdcall CloseHandle(intptr_t hObject)");
  if (close(handle) === 0) throw new Error(`handle ${handle} was not open`);
}

/** Whether there is such a handle. */
export function isOpen(handle: number): boolean {
  return kernel32().func("uint32 __stdcall GetFileType(intptr_t hFile)")(handle) !== 0;
}

let pipeCount = 0;

function pipeOf(
  serverMode: number,
  clientAccess: number,
): { readonly server: number; readonly client: number } {
  const path = `\\\\.\\pipe\\overwall-test-${process.pid}-${pipeCount++}`;
  const create = kernel32().func(
    "intptr_t __stdcall CreateNamedPipeW(str16 name, uint32 open, uint32 mode, uint32 max," +
      " uint32 out, uint32 in_, uint32 timeout, uintptr_t security)",
  );
  const open = (serverMode | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE) >>> 0;
  const server = create(path, open, PIPE_REJECT_REMOTE_CLIENTS, 1, BUFFER, BUFFER, 0, 0);
  if (server === -1) throw new Error(`Cannot create ${path}`);
  return { server, client: opened(path, clientAccess, OPEN_EXISTING, FILE_FLAG_OVERLAPPED) };
}

function opened(path: string, access: number, disposition: number, flags: number): number {
  const create = kernel32().func(
    "intptr_t __stdcall CreateFileW(str16 name, uint32 access, uint32 share, uintptr_t security," +
      " uint32 disposition, uint32 flags, uintptr_t template)",
  );
  const handle = create(path, access >>> 0, SHARE_ALL, 0, disposition, flags, 0);
  if (handle === -1) throw new Error(`Cannot open ${path}`);
  return handle;
}

let library: KoffiLibrary | undefined;

function kernel32(): KoffiLibrary {
  library ??= (createRequire(import.meta.url)("koffi") as Koffi).load("kernel32.dll");
  return library;
}

const BUFFER = 64 * 1024;
const PIPE_ACCESS_OUTBOUND = 2;
const PIPE_ACCESS_DUPLEX = 3;
const PIPE_REJECT_REMOTE_CLIENTS = 8;
const FILE_FLAG_OVERLAPPED = 0x4000_0000;
const FILE_FLAG_FIRST_PIPE_INSTANCE = 0x0008_0000;
const GENERIC_READ = 0x8000_0000;
const GENERIC_WRITE = 0x4000_0000;
const FILE_APPEND_DATA = 4;
const SHARE_ALL = 7;
const CREATE_ALWAYS = 2;
const OPEN_EXISTING = 3;
const OPEN_ALWAYS = 4;
