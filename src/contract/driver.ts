/**
 * What carries a wire of the operating system: a reactor of Overwall's own on Linux, or Node's
 * public API, which is everywhere.
 */
export type DriverName = "native" | "portable";
