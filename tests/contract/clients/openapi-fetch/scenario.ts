// A short day of a phone, by openapi-fetch and the types of openapi-typescript: these compile, and fit the answers.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { appendFileSync } from "node:fs";
import createClient from "openapi-fetch";
import type { components, paths } from "./generated/tickbox.js";

const { TICKBOX_URL, SECRETS_FILE } = process.env;
assert(TICKBOX_URL, "Set TICKBOX_URL to the address of a running Tickbox, such as http://127.0.0.1:8080");

/** Notes what must stand in no log. */
function secret(text: string): string {
  if (SECRETS_FILE) appendFileSync(SECRETS_FILE, `${text}\n`);
  return text;
}

const client = createClient<paths>({ baseUrl: `${TICKBOX_URL}/api/v1` });
const username = `fetch-${randomUUID()}`;
const password = secret(`scenario ${randomUUID()}`);
const id = randomUUID();

await client.POST("/register_user", { body: { first_name: "Ona", last_name: "Petraitė", username, password } });
const login = await client.POST("/login", { body: { username, password } });
assert(login.data);
secret(login.data.refresh_token);
client.use({ onRequest: ({ request }) => request.headers.set("Authorization", `Bearer ${secret(login.data.token)}`) });

const added = await client.POST("/add_todo", { body: { id, description: "Buy milk" } });
assert.equal(added.response.status, 201);
const again = await client.POST("/add_todo", { body: { id, description: "Buy milk" } });
assert.deepEqual([again.response.status, again.data], [200, added.data]);

// neither needs what has a meaning when it is left out
const done = await client.POST("/update_todo_status", { body: { id } });
assert.equal(done.data?.is_done, true);
const list = await client.GET("/todo_list", {});
assert.deepEqual(list.data?.todos, [done.data]);

const edit = await client.POST("/update_todo", { body: { id, description: "Buy oat milk", expected_rev: done.data.rev } });
assert.equal(edit.data?.description, "Buy oat milk");
const plan = { notes: "Two", due_date: "2100-12-24", due_time: "17:00", priority: "high", repeat: { every: "month" as const } };
let seen = (await client.POST("/update_todo", { body: { id, ...plan } })).data;
for (const field of ["notes", "priority", "repeat", "due_time", "due_date"] as const) {
  const renamed = (await client.POST("/update_todo", { body: { id, description: `Buy oat milk, with ${field}` } })).data;
  assert.deepEqual(renamed, { ...seen, description: renamed?.description, rev: renamed?.rev });
  const cleared: typeof seen = (await client.POST("/update_todo", { body: { id, [field]: null } })).data;
  assert.deepEqual(cleared, { ...renamed, [field]: field === "priority" ? "none" : null, rev: cleared?.rev });
  seen = cleared;
}

const unknown = await client.POST("/remove_todo", { body: { id: randomUUID() } });
const problem: components["schemas"]["Problem"] | undefined = unknown.error;
const code: string | undefined = problem?.code; // an open list: any text is one
assert.equal(code, "todo_not_found");

const calls = [{ call_id: randomUUID(), call: "remove_todo" as const, id }];
const synced = await client.POST("/sync", { body: { calls } });
assert.deepEqual(synced.data?.answers.map(({ status, todo }) => [status, todo?.removed]), [[200, true]]);
assert.deepEqual([synced.data?.changes.todos, synced.data?.changes.full], [[], true]);
const since = synced.data?.changes.next;
assert.equal((await client.POST("/sync", { body: { since } })).data?.changes.full, false);

const changes = await client.GET("/todo_changes", { params: { query: { since } } });
assert.deepEqual(changes.data?.todos, []);
assert.equal((await client.POST("/logout")).response.status, 204);
assert.equal((await client.GET("/me")).error?.code, "session_ended");
console.log("  registers, logs in, adds, edits, clears, syncs and logs out");
