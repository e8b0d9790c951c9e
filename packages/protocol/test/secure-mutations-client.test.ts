import { describeMutations } from "./describe-mutations.ts";

describeMutations("client");
