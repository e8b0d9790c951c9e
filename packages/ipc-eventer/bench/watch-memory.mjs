import process from "node:process";

const mebibyte = 1024 * 1024;

/** Watches the resident memory of this process until the answer is called, which tells by how many MiB it grew at most. */
export function watchMemory() {
  const before = process.memoryUsage.rss();
  let most = before;
  const look = () => {
    most = Math.max(most, process.memoryUsage.rss());
  };
  const timer = setInterval(look, 20);
  return () => {
    clearInterval(timer);
    look();
    return (most - before) / mebibyte;
  };
}
