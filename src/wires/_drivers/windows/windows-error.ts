/** An error of Windows as Node's system errors are: a symbolic `code`, the number, the call. */
export interface WindowsError extends Error {
  readonly code: string;
  /** The number of Windows. */
  readonly errno: number;
  readonly syscall: string;
}

export function windowsError(syscall: string, errno: number): WindowsError {
  const code = NAMES.get(errno) ?? `ERROR_${errno}`;
  const error = new Error(`${syscall}: ${code} (${errno})`);
  return Object.assign(error, { code, errno, syscall });
}

export const ERROR_INVALID_PARAMETER = 87;
export const ERROR_MORE_DATA = 234;
export const ERROR_IO_PENDING = 997;

/** What comes at the end of a stream: of a file, of a pipe that nobody writes or reads any more. */
export function isEnd(errno: number): boolean {
  return ENDS.has(errno);
}

const ENDS: ReadonlySet<number> = new Set([38, 109, 232, 233]);

const NAMES: ReadonlyMap<number, string> = new Map([
  [1, "ERROR_INVALID_FUNCTION"],
  [2, "ERROR_FILE_NOT_FOUND"],
  [5, "ERROR_ACCESS_DENIED"],
  [6, "ERROR_INVALID_HANDLE"],
  [8, "ERROR_NOT_ENOUGH_MEMORY"],
  [14, "ERROR_OUTOFMEMORY"],
  [19, "ERROR_WRITE_PROTECT"],
  [21, "ERROR_NOT_READY"],
  [22, "ERROR_BAD_COMMAND"],
  [23, "ERROR_CRC"],
  [29, "ERROR_WRITE_FAULT"],
  [30, "ERROR_READ_FAULT"],
  [31, "ERROR_GEN_FAILURE"],
  [33, "ERROR_LOCK_VIOLATION"],
  [38, "ERROR_HANDLE_EOF"],
  [39, "ERROR_HANDLE_DISK_FULL"],
  [64, "ERROR_NETNAME_DELETED"],
  [ERROR_INVALID_PARAMETER, "ERROR_INVALID_PARAMETER"],
  [109, "ERROR_BROKEN_PIPE"],
  [112, "ERROR_DISK_FULL"],
  [121, "ERROR_SEM_TIMEOUT"],
  [230, "ERROR_BAD_PIPE"],
  [231, "ERROR_PIPE_BUSY"],
  [232, "ERROR_NO_DATA"],
  [233, "ERROR_PIPE_NOT_CONNECTED"],
  [ERROR_MORE_DATA, "ERROR_MORE_DATA"],
  [433, "ERROR_NO_SUCH_DEVICE"],
  [536, "ERROR_PIPE_LISTENING"],
  [995, "ERROR_OPERATION_ABORTED"],
  [ERROR_IO_PENDING, "ERROR_IO_PENDING"],
  [998, "ERROR_NOACCESS"],
  [1117, "ERROR_IO_DEVICE"],
  [1167, "ERROR_DEVICE_NOT_CONNECTED"],
  [1450, "ERROR_NO_SYSTEM_RESOURCES"],
  [1453, "ERROR_WORKING_SET_QUOTA"],
]);
