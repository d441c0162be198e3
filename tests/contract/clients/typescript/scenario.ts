// One day of a phone, by the generated client: what the guide in openapi/README.md promises. The
// Python scenario beside it walks the same way.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { appendFileSync } from "node:fs";
import { AccountApi, SessionApi, TodoApi } from "./generated/apis/index.js";
import { type Problem, ProblemFromJSON, type Tokens, type UpdateTodo, instanceOfProblem } from "./generated/models/index.js";
import { Configuration, ResponseError } from "./generated/runtime.js";

const { TICKBOX_URL, SECRETS_FILE } = process.env;
assert(TICKBOX_URL, "Set TICKBOX_URL to the address of a running Tickbox, such as http://127.0.0.1:8080");

let token = "";
const client = new Configuration({ basePath: `${TICKBOX_URL}/api/v1`, accessToken: () => token });
const account = new AccountApi(client);
const session = new SessionApi(client);
const todo = new TodoApi(client);

/** Notes what must stand in no log. */
function secret(text: string): string {
  if (SECRETS_FILE) appendFileSync(SECRETS_FILE, `${text}\n`);
  return text;
}

function hold(tokens: Tokens): Tokens {
  secret(tokens.refreshToken);
  token = secret(tokens.token);
  return tokens;
}

/** The answer of a call that must not succeed. */
async function refused(call: Promise<unknown>): Promise<Response> {
  const error = await call.then(
    () => assert.fail("the call succeeded"),
    (error: unknown) => error,
  );
  assert(error instanceof ResponseError, String(error));
  return error.response;
}

/** The problem that a call fails with. */
async function problem(call: Promise<unknown>): Promise<Problem> {
  const response = await refused(call);
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  const body = await response.json();
  assert(instanceOfProblem(body), JSON.stringify(body));
  const problem = ProblemFromJSON(body);
  assert.equal(problem.status, response.status);
  return problem;
}

async function step(name: string, body: () => Promise<void>): Promise<void> {
  await body();
  console.log(`  ${name}`);
}

const username = `ts-${randomUUID()}`;
let password = secret(`scenario ${randomUUID()}`);
const id = randomUUID();
const person = { firstName: "Ona", lastName: "Petraitė", username, password };
const add = (description: string, id: string) => todo.addTodo({ addTodo: { description, id } });

await step("register", async () => {
  const user = await account.registerUser({ registerUser: person });
  assert.equal(user.userName, username);
  const again = await account.registerUser({ registerUser: person });
  assert.equal(again.publicId, user.publicId, "as if the first answer had got lost");
  const taken = await problem(account.registerUser({ registerUser: { ...person, firstName: "Somebody" } }));
  assert.equal(taken.code, "username_taken");
  const invalid = await problem(account.registerUser({ registerUser: { ...person, firstName: " ", password: "short" } }));
  assert.equal(invalid.code, "invalid_input");
  assert.deepEqual(invalid.errors?.map(({ field }) => field).sort(), ["first_name", "password"]);
});

await step("log in", async () => {
  assert.equal((await problem(account.me())).code, "unauthenticated");
  const wrong = await problem(session.login({ login: { username, password: secret(`${password}?`) } }));
  assert.equal(wrong.code, "wrong_credentials");
  const tokens = hold(await session.login({ login: { username, password, deviceName: "TypeScript" } }));
  assert.equal(tokens.tokenType, "Bearer");
  assert(tokens.expiresIn > 0 && tokens.refreshExpiresIn > tokens.expiresIn);
  assert.equal((await account.me()).lastName, "Petraitė");
});

await step("add, and add again", async () => {
  const first = await todo.addTodoRaw({ addTodo: { description: "Buy milk", id } });
  const again = await todo.addTodoRaw({ addTodo: { description: "Buy milk", id } });
  assert.deepEqual([first.raw.status, again.raw.status], [201, 200]);
  const added = await first.value();
  assert.deepEqual(await again.value(), added);
  assert.equal(added.id, id);
  assert.equal(added.isDone, false);
  assert.equal(added.doneDate, null);
  assert(added.createdDate instanceof Date);
  assert.equal((await problem(add("Buy bread", id))).code, "id_reused");
  assert.equal((await problem(add(" ", randomUUID()))).code, "invalid_input");
});

await step("list by filter and page", async () => {
  for (const description of ["Buy bread", "Buy salt", "Bäckerei 🥐 <b>&amp;</b>"]) await add(description, randomUUID());
  const texts: string[] = [];
  let pages = 0;
  for (let cursor: string | undefined; ; pages++) {
    const page = await todo.todoList({ filter: "open", limit: 3, cursor });
    texts.push(...page.todos.map(({ description }) => description));
    if (page.nextCursor == null) break;
    cursor = page.nextCursor;
  }
  assert.equal(pages, 1, "four to-dos are two pages of three");
  assert.deepEqual(texts.sort(), ["Buy bread", "Buy milk", "Buy salt", "Bäckerei 🥐 <b>&amp;</b>"].sort());
  assert.deepEqual((await todo.todoList({ filter: "done" })).todos, []);
});

await step("complete twice, and reopen", async () => {
  const done = await todo.updateTodoStatus({ updateTodoStatus: { id } });
  assert(done.isDone && done.doneDate instanceof Date);
  const again = await todo.updateTodoStatus({ updateTodoStatus: { id, isDone: true } });
  assert.deepEqual(again, done, "a second time changes nothing, not even the date");
  const open = await todo.updateTodoStatus({ updateTodoStatus: { id, isDone: false } });
  assert.deepEqual([open.isDone, open.doneDate], [false, null]);
  assert(open.rev > done.rev);
  const unknown = { id: randomUUID() };
  assert.equal((await problem(todo.updateTodoStatus({ updateTodoStatus: unknown }))).code, "todo_not_found");
});

await step("edit against a revision", async () => {
  const seen = (await todo.todoList()).todos.find((todo) => todo.id === id);
  assert(seen);
  const edit = { id, description: "Buy oat milk", expectedRev: seen.rev };
  const edited = await todo.updateTodo({ updateTodo: edit });
  assert.equal(edited.description, "Buy oat milk");
  assert.deepEqual(await todo.updateTodo({ updateTodo: edit }), edited, "what is stored already is no conflict");
  const conflict = await problem(todo.updateTodo({ updateTodo: { ...edit, description: "Buy rice milk" } }));
  assert.equal(conflict.code, "rev_conflict");
  assert.deepEqual(conflict.current, edited);
});

await step("sync: all, then what changed", async () => {
  const full = await todo.todoChanges();
  assert.equal(full.full, true);
  assert.equal(full.todos.length, 4);
  assert.equal((await todo.todoChanges({ since: full.next })).todos.length, 0);

  const tombstone = await todo.removeTodo({ todoReference: { id } });
  assert.equal(tombstone.removed, true);
  assert.deepEqual(await todo.removeTodo({ todoReference: { id } }), tombstone);
  const delta = await todo.todoChanges({ since: full.next });
  assert.equal(delta.full, false);
  assert.deepEqual(delta.todos.map(({ id, rev, removed }) => ({ id, rev, removed })), [{ id, rev: tombstone.rev, removed: true }]);

  const restored = await todo.restoreTodo({ todoReference: { id } });
  assert.equal(restored.description, "Buy oat milk");
  const [back] = (await todo.todoChanges({ since: delta.next })).todos;
  assert.equal(back?.id, id);
  assert(!back?.removed);
});

await step("sync by pages of one", async () => {
  const seen = new Set<string>();
  for (let since: string | undefined; ; ) {
    const page = await todo.todoChanges({ limit: 1, since });
    for (const { id } of page.todos) seen.add(id);
    since = page.next;
    if (!page.hasMore) break;
  }
  assert.equal(seen.size, 4);
  const another = "2f1d6b8e.1"; // what somebody else was given
  assert.equal((await problem(todo.todoChanges({ since: another }))).code, "sync_token_expired");
});

await step("nothing new is 304", async () => {
  for (const ask of [todo.todoListRaw.bind(todo), todo.todoChangesRaw.bind(todo)]) {
    const etag = (await ask({})).raw.headers.get("etag");
    assert(etag);
    const unchanged = await refused(ask({}, async ({ init }) => ({ headers: { ...init.headers, "If-None-Match": etag } })));
    assert.equal(unchanged.status, 304);
  }
});

await step("clear each field of a plan, and leave the others", async () => {
  const eggs = randomUUID();
  await todo.addTodo({ addTodo: { id: eggs, description: "Buy eggs" } });
  const update = (fields: Omit<UpdateTodo, "id">) => todo.updateTodo({ updateTodo: { id: eggs, ...fields } });
  let seen = await update({ notes: "Two", dueDate: "2100-12-24", dueTime: "17:00", priority: "high", repeat: { every: "month" } });
  for (const field of ["notes", "priority", "repeat", "dueTime", "dueDate"] as const) {
    assert(![null, "none"].includes(seen[field] as string | null), field);
    const renamed = await update({ description: `Buy eggs, with ${field}` });
    assert.deepEqual(renamed, { ...seen, description: renamed.description, rev: renamed.rev });
    const cleared = await update({ [field]: null });
    seen = { ...renamed, [field]: field === "priority" ? "none" : null, rev: cleared.rev };
    assert.deepEqual(cleared, seen);
  }
  await todo.removeTodo({ todoReference: { id: eggs } });
});

await step("see and end sessions, change the password", async () => {
  const list = async () => (await session.sessionList()).sessions;
  const here = (await list()).find((item) => item.isCurrent);
  assert.deepEqual([here?.kind, here?.device], ["api", "TypeScript"]);
  const held = token;
  const lost = hold(await session.login({ login: { username, password, deviceName: "Lost" } }));
  token = held;
  assert.deepEqual((await list()).map(({ device }) => device), ["Lost", "TypeScript"]);
  const sessionReference = { sessionId: lost.sessionId };
  await session.endSession({ sessionReference });
  await session.endSession({ sessionReference }); // as if the first answer had got lost

  const changePassword = { currentPassword: password, newPassword: secret(`another ${randomUUID()}`) };
  await account.changePassword({ changePassword });
  await account.changePassword({ changePassword });
  assert.equal((await account.me()).userName, username, "this session goes on");
  const wrong = { ...changePassword, newPassword: secret(`another ${randomUUID()}`) };
  const refused = await problem(account.changePassword({ changePassword: wrong }));
  assert.deepEqual(refused.errors?.map(({ code }) => code), ["wrong_password"]);
  password = changePassword.newPassword;
  await session.endOtherSessions();
  assert.deepEqual((await list()).map(({ sessionId }) => sessionId), [here?.sessionId]);
});

await step("refresh twice, log out", async () => {
  const { refreshToken } = hold(await session.login({ login: { username, password } }));
  const first = hold(await session.refreshToken({ refresh: { refreshToken } }));
  const second = hold(await session.refreshToken({ refresh: { refreshToken } }));
  assert.equal(second.refreshToken, first.refreshToken, "a lost answer costs nothing");
  assert.notEqual(first.refreshToken, refreshToken);
  await account.me();
  await session.logout();
  assert.equal((await problem(account.me())).code, "session_ended");
  assert.equal((await problem(session.refreshToken({ refresh: second }))).code, "session_ended");
});
