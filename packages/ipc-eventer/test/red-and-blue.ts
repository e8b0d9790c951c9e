import { type Crowd, serveCrowd } from "./crowd.ts";

const names = ["ada", "bob", "cleo", "dan"] as const;

/** Ada and Bob are red, Bob and Cleo are blue, Dan is nothing. */
export async function redAndBlue(): Promise<Crowd<(typeof names)[number]>> {
  const { server, members } = await serveCrowd(names);
  members.ada.remote.join("red");
  members.bob.remote.join("red").join("blue");
  members.cleo.remote.join("blue");
  return { server, members };
}
