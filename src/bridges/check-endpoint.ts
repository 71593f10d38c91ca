/**
 * @throws {TypeError} unless `endpoint` has one of the methods; says what a string is to become.
 */
export function checkEndpoint(caller: string, endpoint: unknown, methods: readonly string[]): void {
  const isObject = typeof endpoint === "object" && endpoint !== null;
  if (isObject && methods.some((name) => typeof Reflect.get(endpoint, name) === "function")) return;
  const advice = typeof endpoint === "string" ? `; write await endpoint("${endpoint}")` : "";
  throw new TypeError(`${caller}() takes an endpoint, such as tcp({ port: 8007 })${advice}`);
}
