// A line to the server that can be cut and mended, as by a network that fails.

import { connect, createServer } from "node:net";
import { Transform } from "node:stream";

export class Line {
  #sockets = new Set();
  #server;
  #held = Promise.resolve();

  static async lay(to) {
    const { hostname, port } = new URL(to);
    const line = new Line();
    line.#server = createServer((near) => line.#join(near, connect(port, hostname)));
    await line.#listen(0);
    line.port = line.#server.address().port;
    line.address = `http://127.0.0.1:${line.port}`;
    return line;
  }

  #listen(port) {
    return new Promise((listening, fail) => this.#server.once("error", fail).listen(port, "127.0.0.1", listening));
  }

  #join(near, far) {
    for (const [one, other] of [[near, far], [far, near]]) {
      this.#sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => (this.#sockets.delete(one), other.destroy()));
    }
    near.pipe(far);
    far.pipe(this.#way()).pipe(near);
  }

  #way() {
    return new Transform({
      transform: (chunk, _, arrive) => void this.#held.then(() => arrive(null, chunk)),
    });
  }

  /** From here on no answer arrives, until what this gives is called. */
  hold() {
    let release;
    this.#held = new Promise((free) => (release = free));
    return release;
  }

  /** From here on nobody answers, and who was connected is not any more. */
  async cut() {
    const closed = new Promise((close) => this.#server.close(close));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  mend() {
    return this.#listen(this.port);
  }
}
