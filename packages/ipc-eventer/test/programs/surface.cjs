/* oxlint-disable -- plain JavaScript that prints, as users write it */
const { IPCServer, IPCClient, IPCSocket, IPCServerSocket, ...others } = require("ipc-eventer");

const members = ({ prototype }) => Object.getOwnPropertyNames(prototype).sort();

process.send({
  IPCServer: members(IPCServer),
  IPCClient: members(IPCClient),
  IPCSocket: members(IPCSocket),
  IPCServerSocket: members(IPCServerSocket),
  others: Object.keys(others).sort(),
});
