/** Whether Wine stands in for Windows; what it cannot do is skipped there, and said. */
export const isWine: boolean = "WINEHOMEDIR" in process.env;
