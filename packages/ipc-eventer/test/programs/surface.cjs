/* oxlint-disable -- plain JavaScript that prints, as users write it */
const { IPCServer, IPCClient, IPCSocket, IPCServerSocket, ...others } = require("ipc-eventer");

const members = ({ prototype }) => {
  const names = new Set();
  for (let one = prototype; one !== Object.prototype; one = Object.getPrototypeOf(one)) {
    for (const name of Object.getOwnPropertyNames(one)) names.add(name);
  }
  return [...names].sort();
};

process.send({
  IPCServer: members(IPCServer),
  IPCClient: members(IPCClient),
  IPCSocket: members(IPCSocket),
  IPCServerSocket: members(IPCServerSocket),
  others: Object.keys(others).sort(),
});
