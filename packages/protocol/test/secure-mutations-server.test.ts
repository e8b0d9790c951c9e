import { describeMutations } from "./describe-mutations.ts";

describeMutations("server");
