import type { Environment } from "../src/endpoint.ts";

/** Reads an environment in which the sockets lie in one directory, whatever the options say. */
export function testEnvironment(directory: string, more: Partial<Environment> = {}) {
  return (chosen: string | undefined): Environment => ({
    platform: process.platform,
    uid: process.geteuid?.() ?? -1,
    user: "tester",
    directory: chosen ?? directory,
    hasRuntimeDirectory: false,
    ...more,
  });
}
