/* oxlint-disable -- plain JavaScript that prints, as users write it */
import * as all from "ipc-eventer";

const { IPCServer, IPCClient, IPCSocket, IPCServerSocket, ...others } = all;
const members = ({ prototype }) => Object.getOwnPropertyNames(prototype).toSorted();

process.send({
  IPCServer: members(IPCServer),
  IPCClient: members(IPCClient),
  IPCSocket: members(IPCSocket),
  IPCServerSocket: members(IPCServerSocket),
  others: Object.keys(others).toSorted(),
});
