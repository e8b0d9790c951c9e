export { advanced } from "./serialization/advanced/advanced-serialization.ts";
