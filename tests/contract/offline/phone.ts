// The guide's client, moved line by line by phones.py, which also sends for it and loses some of that.

import { createInterface } from "node:readline";
import { type Call, Client, type Problem, type Reply } from "../../../openapi/client.js";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (kind: string, value: unknown) => process.stdout.write(`${JSON.stringify([kind, value ?? null])}\n`);

async function asked<T>(kind: string, value: unknown): Promise<T> {
  say(kind, value);
  return JSON.parse((await lines.next()).value);
}

class NoAnswer extends Error {}

async function send(call: string, body: object, token?: string): Promise<Reply> {
  const reply = await asked<Reply | null>("send", [call, body, token ?? null]);
  if (!reply) throw new NoAnswer();
  return reply;
}

let saved = "{}";
const start = () =>
  new Client(JSON.parse(saved), (state) => (saved = JSON.stringify(state)), send, (call: Call, problem: Problem) => asked("ask", [call, problem]));
let client = start();

for (let line; !(line = await lines.next()).done; ) {
  const [method, given] = JSON.parse(line.value);
  try {
    if (method === "restart") client = start();
    else if (method === "failed") say("done", client.state.failed);
    else if (method === "shown") say("done", [...client.shown()]);
    else say("done", await (client as unknown as Record<string, (...given: unknown[]) => unknown>)[method]!(...given));
    if (method === "restart") say("done", null);
  } catch (error) {
    say("failed", (error as Error).constructor.name);
  }
}
