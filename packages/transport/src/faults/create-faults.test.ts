import { testContract } from "../../test/connection-contract.ts";
import { createMemoryTransport } from "../memory-transport.ts";
import { createFaults } from "./create-faults.ts";
import { seededRandom } from "./seeded-random.ts";

testContract("the memory transport that splits and delays", () => {
  const faults = createFaults({ random: seededRandom(7) });
  faults.split({ min: 1, max: 20_000 });
  faults.delay({ turns: { min: 0, max: 3 } });
  return { transport: createMemoryTransport({ faults }), endpoint: "somewhere" };
});

testContract("the memory transport that splits and delays by milliseconds", () => {
  const faults = createFaults({ random: seededRandom(8) });
  faults.split(40_000);
  faults.delay({ min: 0, max: 2 });
  return { transport: createMemoryTransport({ faults }), endpoint: "somewhere" };
});
