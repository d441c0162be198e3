// The programs behind an engine: started with a home of their own, ended by their own number.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder for all that a browser keeps, which is gone with it. */
export async function makeHome() {
  const path = await mkdtemp(join(tmpdir(), "tickbox-engine-"));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }) };
}

/** What a browser finds around it: nothing of the machine but its programs, and a zone of ours. */
export function surroundings(home, more) {
  const { PATH } = process.env;
  const time = { TZ: "Asia/Kathmandu" }; // 5:45 off, so that no time is right by chance
  return { PATH, HOME: home, XDG_RUNTIME_DIR: home, ...time, ...more };
}

/** A program that stays. */
export class Program {
  #said = "";

  constructor(command, parameters, { stdio = [], env } = {}) {
    this.command = command;
    this.child = spawn(command, parameters, { stdio: ["ignore", "ignore", "pipe", ...stdio], env });
    this.ended = new Promise((end) => this.child.once("exit", end).once("error", end));
    const kill = () => this.child.kill(); // also after a test that failed half-way
    process.once("exit", kill);
    this.ended.then(() => process.off("exit", kill));
    this.child.stderr.on("data", (data) => (this.#said = (this.#said + data).slice(-4_000)));
  }

  /** What `read` gives, asked until it is something. */
  async until(read) {
    const end = Date.now() + 60_000; // a busy machine starts a browser slowly
    let ended = false;
    this.ended.then(() => (ended = true));
    while (!ended && Date.now() < end) {
      const found = await read(this.#said);
      if (found) return found;
      await new Promise((later) => setTimeout(later, 20));
    }
    throw new Error(`${this.command} does not start: ${this.#said}`);
  }

  async stop() {
    const force = setTimeout(() => this.child.kill("SIGKILL"), 5_000);
    this.child.kill();
    await this.ended;
    clearTimeout(force);
  }
}
