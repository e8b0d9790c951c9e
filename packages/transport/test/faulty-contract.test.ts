import { testContract } from "./connection-contract.ts";
import { createFaults } from "../src/faults.ts";
import { createMemoryTransport } from "../src/memory-transport.ts";

testContract("the memory transport that splits", () => {
  const faults = createFaults();
  faults.split(7_001);
  return { transport: createMemoryTransport({ faults }), endpoint: "somewhere" };
});

testContract("the memory transport that splits and delays", () => {
  const faults = createFaults();
  faults.split(40_000);
  faults.delay(1);
  return { transport: createMemoryTransport({ faults }), endpoint: "somewhere" };
});
