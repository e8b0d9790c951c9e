import type { Connection, ConnectionHandler } from "@ipc/transport";
import { describe, expect, it } from "vitest";
import { ConnectionEnd } from "./connection-end.ts";

/** A connection that notes what is asked of it. */
class Noting implements Connection {
  readonly address = "nowhere";
  readonly bufferedBytes = 0;
  readonly open = true;
  readonly asked: string[] = [];
  handler: ConnectionHandler | undefined;
  attach(handler: ConnectionHandler): void {
    this.handler = handler;
  }
  send(): boolean {
    return true;
  }
  sendAll(): boolean {
    return true;
  }
  pause(): void {
    this.asked.push("pause");
  }
  resume(): void {
    this.asked.push("resume");
  }
  close(): void {}
  abort(): void {
    this.asked.push("abort");
  }
  ref(): void {}
  unref(): void {}
}

/** A driver that notes what it is told. */
function notingDriver(told: string[]): ConstructorParameters<typeof ConnectionEnd>[1] {
  return {
    handleChunk: () => void told.push("chunk"),
    handleDrain: () => void told.push("drain"),
    handleClose: () => void told.push("close"),
  };
}

describe("this side's end of a connection", () => {
  it("pauses and resumes the connection once, however often it is asked", () => {
    const connection = new Noting();
    const end = new ConnectionEnd(connection, notingDriver([]));
    end.resume();
    end.pause();
    end.pause();
    end.resume();
    end.resume();
    expect(connection.asked).toEqual(["pause", "resume"]);
  });

  it("tells whoever drives it at the time", () => {
    const connection = new Noting();
    const first: string[] = [];
    const second: string[] = [];
    const end = new ConnectionEnd(connection, notingDriver(first));
    connection.handler?.handleChunk(new Uint8Array(1));
    end.driver = notingDriver(second);
    connection.handler?.handleDrain();
    expect([first, second]).toEqual([["chunk"], ["drain"]]);
  });

  it("ends the connection and tells nobody when it is dropped", () => {
    const connection = new Noting();
    const told: string[] = [];
    new ConnectionEnd(connection, notingDriver(told)).drop();
    connection.handler?.handleClose(undefined);
    expect(connection.asked).toEqual(["abort"]);
    expect(told).toEqual([]);
  });
});
