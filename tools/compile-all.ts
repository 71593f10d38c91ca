import { compileAll } from "./compile-outputs.ts";

/** `npm run compile`: says what the compiler said, and fails if it did. */
const { saw, findings } = await compileAll(process.cwd());
for (const { message } of findings) process.stderr.write(`${message}\n`);
const counts = Object.entries(saw).map(([output, files]) => `${files} files in ${output}/`);
process.stdout.write(`compiled: ${counts.join(", ")}\n`);
process.exitCode = findings.length === 0 ? 0 : 1;
