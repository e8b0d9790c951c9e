import { project } from "../../vitest.shared.ts";
import { alone } from "./vitest.alone.config.ts";

export default project("ipc-eventer", { exclude: alone });
