export { advanced } from "@ipc/protocol/advanced";
