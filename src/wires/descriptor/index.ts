/** `overwall/descriptor`: descriptors of this process, by number. */
export { type DescriptorOptions, descriptor } from "./descriptor.ts";
